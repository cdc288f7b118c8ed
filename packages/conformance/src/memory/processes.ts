import {
  type CallOptions,
  environmentSchema,
  minuteMs,
  type OutputChunk,
  type Process,
  type Processes,
  type ProcessSpec,
  SandboxError,
} from '@caisson/core'
import type { Guard } from './guard.ts'
import { BrokenPipe } from './kernel/open-file.ts'
import { type Spawned, spawnProcess } from './kernel/spawned.ts'
import type { Hosted } from './hosted.ts'

/** What of the contract an adapter offers, asked for by name. */
export type Require = (feature: 'terminal' | 'attach' | 'users' | 'watch', field: string) => void

/** How long an ended process can still be found. */
const retainedMs = 10 * minuteMs

export function createProcesses(adapter: string, hosted: Hosted, guard: Guard, require: Require): Processes {
  const { machine } = hosted
  const invalid = (field: string, text: string): SandboxError =>
    new SandboxError('invalid-argument', adapter, `${field}: ${text}`, { field })

  const check = (spec: ProcessSpec): void => {
    if (spec.terminal !== undefined) require('terminal', 'terminal')
    if (spec.user !== undefined) require('users', 'user')
    if (spec.user !== undefined && spec.user !== 'user' && spec.user !== 'root') throw invalid('user', 'no such user')
    if (spec.argv.length === 0 || spec.argv[0] === '') throw invalid('argv', 'names no program')
    if (spec.argv.some((argument) => argument.includes('\0'))) throw invalid('argv', 'must not contain NUL')
    const env = environmentSchema.safeParse(spec.env ?? {})
    if (!env.success) throw invalid('env', env.error.issues[0]?.message ?? 'not valid')
    const taken = hosted.spawned.some((other) => !other.task.dead && other.spec.tag === spec.tag)
    if (spec.tag !== undefined && taken) {
      throw new SandboxError('conflict', adapter, `a process with the tag ${spec.tag} is running`, { field: 'tag' })
    }
    if (machine.paused) throw new SandboxError('conflict', adapter, 'the sandbox is paused', { remedy: 'resume it' })
  }

  return {
    spawn: async (spec, options) =>
      await guard(options, async () => {
        check(spec)
        const spawned = spawnProcess(machine, spec)
        hosted.spawned.push(spawned)
        return await Promise.resolve(handle(adapter, spawned, 0, guard))
      }),
    attach: async (process, options) =>
      await guard(options, async () => {
        require('attach', 'process')
        const found = hosted.spawned.findLast(
          ({ task, spec, endedAtMs }) =>
            (typeof process === 'number' ? task.pid === process : spec.tag === process) &&
            (endedAtMs === undefined || machine.clock.now() - endedAtMs < retainedMs),
        )
        if (found === undefined) {
          throw new SandboxError('process-not-found', adapter, `no process ${process}`, { field: 'process' })
        }
        return await Promise.resolve(handle(adapter, found, options?.fromOffset ?? 0, guard))
      }),
    list: async (options) =>
      await guard(options, () =>
        hosted.spawned
          .filter(({ task }) => !task.dead)
          .map(({ task, spec, cwd }) => ({
            pid: task.pid,
            argv: spec.argv,
            cwd,
            tag: spec.tag,
          })),
      ),
  }
}

function handle(adapter: string, spawned: Spawned, fromOffset: number, guard: Guard): Process {
  const { stdin, terminal } = spawned
  let output: ReadableStream<OutputChunk> | undefined
  return {
    pid: spawned.task.pid,
    get output() {
      return (output ??= spawned.journal.read(fromOffset))
    },
    ...(stdin === undefined ? {} : { stdin: inputStream(adapter, stdin) }),
    wait: async (options) => await guard(options, async () => await spawned.result),
    signal: async (name, options) => await guard(options, () => spawned.signal(name)),
    cancel: async (options) => await guard(options, () => spawned.cancel()),
    resize: async (size, options?: CallOptions) =>
      await guard(options, () => {
        if (terminal === undefined) throw new SandboxError('unsupported', adapter, 'the process has no terminal')
        terminal.size = size
        spawned.signal('SIGWINCH')
      }),
  }
}

function inputStream(adapter: string, stdin: NonNullable<Spawned['stdin']>): WritableStream<Uint8Array> {
  return new WritableStream<Uint8Array>({
    write: async (bytes) => {
      try {
        await stdin.write(bytes.slice())
      } catch (error) {
        if (!(error instanceof BrokenPipe)) throw error
        throw new SandboxError('unavailable', adapter, 'the process reads no more input', {
          cause: error,
          retryable: false,
        })
      }
    },
    close: () => stdin.close(),
    abort: () => stdin.close(),
  })
}
