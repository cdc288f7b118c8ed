import { constants } from 'node:os'
import {
  type CallOptions,
  decodeText,
  defaultJournalBytes,
  environmentSchema,
  freshId,
  type Processes,
  type ProcessInfo,
  type ProcessSpec,
  SandboxError,
  type SandboxErrorCode,
} from '@caisson/core'
import { keeperCommand } from './command.ts'
import { follow, type Follower, type Opening, windowBytes } from './follow.ts'
import type { KeeperLink } from './link.ts'
import { createProcess } from './process.ts'

/** The processes of a sandbox, and what ports are made of. */
export interface KeeperProcesses extends Processes {
  /** Starts a program that nobody else finds and whose output is held back until it is read. */
  readonly spawnHidden: (argv: readonly [string, ...string[]], options?: CallOptions) => Promise<Follower>
  /** Lets go of all connections. */
  readonly detach: () => void
}

const mostRunning = 10_000
const hiddenJournalBytes = 4 * 1024 * 1024

export function createKeeperProcesses(link: KeeperLink): KeeperProcesses {
  const followers = new Set<Follower>()

  async function start(spec: ProcessSpec, hidden: boolean, options: CallOptions): Promise<Follower> {
    check(link, spec)
    const token = freshId()
    const command = keeperCommand(['start', windowBytes], packSpec(token, spec, hidden))
    return hold(await follow(link, { fromOffset: 0, command, refusal: refusalOf(link.adapter, spec) }, options))
  }

  function hold(follower: Follower): Follower {
    followers.add(follower)
    const forget = (): void => void followers.delete(follower)
    follower.result.then(forget, forget)
    return follower
  }

  return {
    spawn: async (spec, options = {}) => createProcess(link, await start(spec, false, options)),
    spawnHidden: async (argv, options = {}) => {
      return await start({ argv, stdin: 'pipe', journalBytes: hiddenJournalBytes }, true, options)
    },
    attach: async (process, { fromOffset = 0, ...options } = {}) => {
      const unknown = new SandboxError('process-not-found', link.adapter, `there is no process ${process}`)
      const [by, name] = typeof process === 'number' ? ['pid', String(process)] : ['tag', toBase64(process)]
      if (name === '' || !Number.isSafeInteger(fromOffset) || fromOffset < 0) throw unknown
      const command = keeperCommand(['attach', by, name, fromOffset, windowBytes])
      return createProcess(link, hold(await follow(link, { fromOffset, command, refusal: () => unknown }, options)))
    },
    list: async (options) => {
      const printed = await link.run(keeperCommand(['list']), options)
      return printed
        .split('\n')
        .slice(0, mostRunning)
        .flatMap((line) => parseProcess(line) ?? [])
    },
    detach: () => {
      const reason = new SandboxError('unavailable', link.adapter, 'the handle was detached', { retryable: false })
      for (const follower of followers) follower.close(reason)
    },
  }
}

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** What the keeper is told, in the order in which it reads it. */
function packSpec(token: string, spec: ProcessSpec, hidden: boolean): string {
  const { argv, cwd = '', env = {}, stdin, terminal, timeoutMs = 0, outputLimitBytes = 0, tag = '' } = spec
  const { journalBytes = defaultJournalBytes } = spec
  const flag = (is: boolean): string => (is ? '1' : '0')
  const size = [terminal?.rows ?? 0, terminal?.columns ?? 0]
  const limits = [timeoutMs, outputLimitBytes, Math.max(1, journalBytes)]
  return [
    token,
    cwd,
    tag,
    flag(stdin === 'pipe'),
    ...size,
    ...limits,
    flag(hidden),
    flag(hidden),
    argv.length,
    ...argv,
    ...Object.entries(env).flat(),
  ].join('\0')
}

function check({ adapter, userRemedy }: KeeperLink, { argv, cwd, tag, env, user }: ProcessSpec): void {
  const refuse = (field: string, message: string): never => {
    throw new SandboxError('invalid-argument', adapter, message, { field })
  }
  if (user !== undefined) {
    throw new SandboxError('unsupported', adapter, "processes belong to the template's user", {
      field: 'user',
      remedy: userRemedy,
    })
  }
  if (argv.some((word) => word.includes('\0'))) refuse('argv', 'an argument has no NUL')
  if (cwd?.includes('\0') === true) refuse('cwd', 'a path has no NUL')
  if (tag?.includes('\0') === true) refuse('tag', 'a tag has no NUL')
  if (!environmentSchema.safeParse(env ?? {}).success) refuse('env', 'no process can have such an environment')
}

const byErrno: Readonly<Record<number, SandboxErrorCode>> = {
  [constants.errno.ENOENT]: 'path-not-found',
  [constants.errno.ENOTDIR]: 'path-not-found',
  [constants.errno.EACCES]: 'permission-denied',
  [constants.errno.EPERM]: 'permission-denied',
  [constants.errno.E2BIG]: 'too-large',
  [constants.errno.ENOEXEC]: 'invalid-argument',
  [constants.errno.ENAMETOOLONG]: 'invalid-argument',
}

function refusalOf(adapter: string, { argv, cwd, tag }: ProcessSpec): Opening['refusal'] {
  return (line) => {
    if (line.type === 'unknown-process')
      return new SandboxError('protocol', adapter, 'a keeper does not know what it is to start')
    if (line.doing === 'tag')
      return new SandboxError('conflict', adapter, `a running process has the tag ${tag}`, { field: 'tag' })
    const [field, what] = line.doing === 'cwd' ? (['cwd', cwd] as const) : (['argv', argv[0]] as const)
    return new SandboxError(byErrno[line.errno] ?? 'provider', adapter, `${what} cannot be used: error ${line.errno}`, {
      field,
    })
  }
}

const partSchema = /^(\S+) (\d{1,9}) (\S*) (\S*) (\S*)$/

function parseProcess(line: string): ProcessInfo | undefined {
  const [, , pid, tag = '', cwd = '', argv = ''] = partSchema.exec(line) ?? []
  if (pid === undefined) return undefined
  const text = (base64: string): string => decodeText(Buffer.from(base64, 'base64'))
  return {
    pid: Number(pid),
    argv: text(argv).split('\0'),
    cwd: text(cwd),
    ...(tag === '' ? {} : { tag: text(tag) }),
  }
}
