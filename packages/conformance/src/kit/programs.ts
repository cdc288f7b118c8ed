import { createHash, randomBytes, randomUUID } from 'node:crypto'
import {
  type AgentSandbox,
  decodeText,
  type OutputChunk,
  type Process,
  type ProcessOutcome,
  type ProcessSpec,
  type ProcessResult,
  concatBytes,
  runProcess,
  type RunProcessOptions,
} from '@caisson/core'
import { ensure, eventually, Mismatch, pause, same } from './assert.ts'

/** Text that nobody can know beforehand. Letters and digits only. */
export function nonce(): string {
  return `n${randomUUID().replaceAll('-', '')}`
}

export function random(sizeBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(randomBytes(sizeBytes))
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export interface Ran extends ProcessResult {
  readonly stdout: string
  readonly stderr: string
}

/** Longest time for a process of a check, unless the check says otherwise. */
const limitMs = 15_000

/** Runs an argv to its end. */
export async function run(
  sandbox: AgentSandbox,
  argv: ProcessSpec['argv'],
  options: RunProcessOptions & Omit<ProcessSpec, 'argv'> = {},
): Promise<Ran> {
  const { input, keepBytes, onOutput, signal, deadline, ...spec } = options
  const done = await runProcess(
    sandbox,
    { timeoutMs: limitMs, ...spec, argv },
    { input, keepBytes, onOutput, signal, deadline },
  )
  return { ...done, stdout: decodeText(done.stdout), stderr: decodeText(done.stderr) }
}

/** Runs a POSIX shell script to its end. */
export async function sh(
  sandbox: AgentSandbox,
  script: string,
  options: RunProcessOptions & Omit<ProcessSpec, 'argv'> = {},
): Promise<Ran> {
  return await run(sandbox, ['/bin/sh', '-c', script], options)
}

/** What a script that must succeed has printed, without the last newline. */
export async function output(
  sandbox: AgentSandbox,
  script: string,
  options: RunProcessOptions & Omit<ProcessSpec, 'argv'> = {},
): Promise<string> {
  const ran = await sh(sandbox, script, options)
  same(ran.outcome, { kind: 'exited', code: 0 }, `outcome of "${script}" (stderr: ${ran.stderr.slice(0, 200)})`)
  return ran.stdout.replace(/\n$/, '')
}

/** Starts a POSIX shell script. */
export async function start(
  sandbox: AgentSandbox,
  script: string,
  spec: Omit<ProcessSpec, 'argv'> = {},
): Promise<Process> {
  return await sandbox.processes.spawn({ timeoutMs: limitMs, ...spec, argv: ['/bin/sh', '-c', script] })
}

export function exited(code: number): ProcessOutcome {
  return { kind: 'exited', code }
}

/** A process's output as it comes. */
export interface Followed {
  readonly chunks: readonly OutputChunk[]
  readonly text: (stream?: OutputChunk['stream']) => string
  readonly bytes: (stream?: OutputChunk['stream']) => Uint8Array
  /** Waits until the output holds a text. */
  readonly until: (text: string) => Promise<void>
  readonly end: Promise<void>
}

export function follow(process: Process): Followed {
  const chunks: OutputChunk[] = []
  const waiting = new Set<() => void>()
  let over = false
  const read = async (): Promise<void> => {
    try {
      for await (const chunk of process.output) {
        chunks.push(chunk)
        for (const look of waiting) look()
      }
    } finally {
      over = true
      for (const look of waiting) look()
    }
  }
  const end = read()
  end.catch(() => undefined)
  const bytes: Followed['bytes'] = (stream) =>
    concatBytes(chunks.filter((chunk) => stream === undefined || chunk.stream === stream).map((chunk) => chunk.bytes))
  const followed: Followed = {
    chunks,
    bytes,
    text: (stream) => decodeText(bytes(stream)),
    until: async (text) =>
      await new Promise<void>((resolve, reject) => {
        const look = (): void => {
          if (followed.text().includes(text)) resolve()
          else if (over) reject(new Mismatch(`output ended without "${text}": ${followed.text().slice(-300)}`))
          else return
          waiting.delete(look)
        }
        waiting.add(look)
        look()
      }),
    end,
  }
  return followed
}

/** Waits until a process that writes all the time has stopped to. */
export async function silence(followed: Followed): Promise<void> {
  await eventually('output stops', 5000, async () => {
    const before = followed.bytes().byteLength
    await pause(300)
    return followed.bytes().byteLength === before
  })
}

/** Checks that pieces lie one behind the other from `from` on and gives the position after the last. */
export function contiguous(chunks: readonly OutputChunk[], from: number): number {
  let position = from
  for (const chunk of chunks) {
    same(chunk.offset, position, 'offset of a piece')
    position += chunk.bytes.byteLength
  }
  return position
}

export async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return concatBytes(parts)
}

/** Whether a pid lives in the sandbox. */
export async function alive(sandbox: AgentSandbox, pid: string | number): Promise<boolean> {
  // A dead process that nobody has collected yet is not alive: it has no command line.
  const script = `kill -0 ${pid} 2>/dev/null && test -n "$(tr '\\000' x < /proc/${pid}/cmdline 2>/dev/null)" && echo yes`
  return (await sh(sandbox, script)).stdout === 'yes\n'
}

/** A directory of its own in a sandbox. */
export async function directory(sandbox: AgentSandbox): Promise<string> {
  const path = `/tmp/${nonce()}`
  same(await sandbox.files.makeDirectory(path), 'created', 'makeDirectory')
  return path
}

export function write(stream: WritableStream<Uint8Array> | undefined): WritableStreamDefaultWriter<Uint8Array> {
  ensure(stream !== undefined, 'the process has no stdin')
  return stream.getWriter()
}
