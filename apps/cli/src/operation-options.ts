import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import {
  gib,
  hourMs,
  type IsolationLevel,
  isolationLevels,
  kib,
  type Language,
  mib,
  minuteMs,
  OperationError,
  type OperationInput,
  type operationSchema,
} from '@caisson/core'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { z } from 'zod'
import { isMissingFile } from './exit-codes.ts'

/** What `run`, `exec` and `decide` let one say about an operation. */
export interface OperationOptions {
  readonly file: readonly string[]
  readonly artifact: readonly string[]
  readonly env: readonly string[]
  readonly stdin?: string | undefined
  readonly timeout?: number | undefined
  readonly memory?: number | undefined
  readonly cpus?: number | undefined
  readonly egress: readonly string[]
  readonly package: readonly string[]
  readonly port: readonly number[]
  readonly isolation?: IsolationLevel | undefined
  readonly region?: string | undefined
  readonly trust?: 'trusted' | 'internal' | 'untrusted' | undefined
  readonly session?: string | undefined
  readonly template?: string | undefined
}

const collect = (value: string, previous: readonly string[]) => [...previous, value]
const collectNumber = (value: string, previous: readonly number[]) => [...previous, parseNumber(value)]
const durationUnits: Record<string, number> = { ms: 1, s: 1000, m: minuteMs, h: hourMs }
const sizeUnits: Record<string, number> = { b: 1, k: kib, m: mib, g: gib }

export function addOperationOptions(command: Command): Command {
  return command
    .option('-f, --file <local[:remote]>', 'bring a file along; again for more', collect, [])
    .option('-a, --artifact <pattern>', 'keep files that match after the run; again for more', collect, [])
    .option('-e, --env <name=value>', 'set an environment variable; again for more', collect, [])
    .option('--stdin <path>', 'give the program a file as standard input; - is our own')
    .option('-t, --timeout <time>', 'wall-clock limit, such as 500ms, 30s, 5m or 1h', parseDuration)
    .option('--memory <size>', 'memory limit, such as 256m or 1g', parseSize)
    .option('--cpus <number>', 'CPU limit, such as 0.5', parseNumber)
    .option('--egress <host:port>', 'ask to reach a host; the policy may refuse; again for more', collect, [])
    .option('--package <registry>', 'ask for a package registry of the policy; again for more', collect, [])
    .option('--port <number>', 'ask to have a port served; again for more', collectNumber, [])
    .addOption(new Option('--isolation <level>', 'accept nothing weaker').choices([...isolationLevels]))
    .option('--region <name>', 'where in the world it has to run')
    .addOption(new Option('--trust <level>', 'who wrote it').choices(['trusted', 'internal', 'untrusted']))
    .option('--session <name>', 'share a sandbox with other operations of the same session')
    .option('--template <name>', 'what the sandbox is made from')
}

/** An operation from a JSON file, as `--operation` takes it. The service checks it. */
export async function readOperation(path: string): Promise<OperationInput> {
  const text = await readLocal(path, '--operation')
  try {
    return z.custom<z.input<typeof operationSchema>>().parse(JSON.parse(text.toString()))
  } catch (cause) {
    throw new OperationError('invalid-operation', `${path} is not JSON`, { field: '--operation', cause })
  }
}

export async function codeOperation(
  script: string,
  language: Language | undefined,
  options: OperationOptions,
): Promise<OperationInput> {
  const code = await readText(script, 'script')
  return {
    kind: 'code.execute',
    ...commonOf(options),
    input: { language: language ?? languageOf(script), code, ...(await workspaceOf(options)) },
  }
}

export async function commandOperation(argv: readonly string[], options: OperationOptions): Promise<OperationInput> {
  const [program, ...rest] = argv
  if (program === undefined) {
    throw new OperationError('invalid-operation', 'there is no command to run', {
      remedy: 'write it after --, such as: caisson exec -- ls -l',
    })
  }
  return {
    kind: 'command.run',
    ...commonOf(options),
    input: { argv: [program, ...rest], ...(await workspaceOf(options)) },
  }
}

function commonOf(options: OperationOptions) {
  const { timeout, memory, cpus, egress, trust, session, template, isolation, region } = options
  return {
    ...(options.package.length === 0 ? {} : { packages: [...options.package] }),
    ...(options.port.length === 0 ? {} : { ports: [...options.port] }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(region === undefined ? {} : { region }),
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(trust === undefined ? {} : { trust }),
    ...(session === undefined ? {} : { session }),
    ...(template === undefined ? {} : { template }),
    resources: {
      ...(memory === undefined ? {} : { memoryBytes: memory }),
      ...(cpus === undefined ? {} : { cpus }),
    },
    egress: egress.map((text) => {
      const [, host, port] = /^(.+):(\d+)$/.exec(text) ?? []
      if (host === undefined) throw notValid('--egress', text, 'host:port, such as example.org:443')
      return { host, port: Number(port) }
    }),
  }
}

async function workspaceOf({ file, artifact, env, stdin }: OperationOptions) {
  return {
    files: await Promise.all(
      file.map(async (text) => {
        const [, local = text, remote] = /^(.+):([^:]+)$/.exec(text) ?? []
        const content = (await readLocal(local, '--file')).toString('base64')
        return { path: remote ?? basename(local), content: { base64: content } }
      }),
    ),
    artifacts: [...artifact],
    env: Object.fromEntries(
      env.map((text) => {
        const at = text.indexOf('=')
        if (at < 1) throw notValid('--env', text, 'name=value')
        return [text.slice(0, at), text.slice(at + 1)]
      }),
    ),
    ...(stdin === undefined ? {} : { stdin: await readText(stdin, '--stdin') }),
  }
}

const languagesByExtension: Readonly<Record<string, Language>> = {
  '.py': 'python',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.sh': 'bash',
  '.bash': 'bash',
}

function languageOf(script: string): Language {
  const language = languagesByExtension[extname(script)]
  if (language !== undefined) return language
  throw new OperationError('invalid-operation', `the language of ${script} is not known`, {
    field: '--language',
    remedy: 'say it: --language python, javascript or bash',
  })
}

async function readLocal(path: string, field: string): Promise<Buffer> {
  try {
    if (path === '-') return Buffer.concat(await Array.fromAsync(process.stdin))
    return await readFile(path)
  } catch (cause) {
    const message = isMissingFile(cause) ? `there is no ${path}` : `${path} cannot be read`
    throw new OperationError('invalid-operation', message, { field, cause })
  }
}

async function readText(path: string, field: string): Promise<string> {
  const bytes = await readLocal(path, field)
  if (isUtf8(bytes)) return bytes.toString()
  throw new OperationError('invalid-operation', `${path} is not text in UTF-8`, {
    field,
    remedy: 'bring other data along with --file',
  })
}

function notValid(field: string, text: string, form: string): OperationError {
  return new OperationError('invalid-operation', `${field}: not of the form ${form}: ${text}`, { field })
}

export function parseDuration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? []
  if (number === undefined) throw new InvalidArgumentError('Use a number and ms, s, m or h.')
  return Math.round(Number(number) * (durationUnits[unit] ?? 1))
}

function parseSize(text: string): number {
  const [, number, unit = 'b'] = /^(\d+(?:\.\d+)?)([bkmg])?(?:i?b)?$/i.exec(text) ?? []
  if (number === undefined) throw new InvalidArgumentError('Use a number and k, m or g.')
  return Math.round(Number(number) * (sizeUnits[unit.toLowerCase()] ?? 1))
}

export function parseNumber(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('Not a number.')
  return number
}
