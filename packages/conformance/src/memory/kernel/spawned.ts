import {
  defaultJournalBytes,
  type OutputChunk,
  type ProcessOutcome,
  type ProcessResult,
  type ProcessSpec,
} from '@caisson/core'
import { find, lookUp } from '../files/file-system.ts'
import { homeOf } from '../files/files.ts'
import { SystemError } from '../files/system-error.ts'
import { createJournal, type Journal } from '../journal.ts'
import { createContext, defaultPath, resolveProgram, startTask } from './execute.ts'
import { killOrigin, type Machine, signalGroup } from './machine.ts'
import { nullStream, type OpenFile, openFile, release, sinkStream } from './open-file.ts'
import { createPipe } from './pipe.ts'
import type { SignalName } from './signals.ts'
import type { Exit, Task } from './task.ts'
import { createTerminal, type Terminal } from './terminal.ts'

/** How long output may still come from background children after the process itself is over. */
const graceMs = 100

/** What one `spawn` has started, kept after its end for those who attach later. */
export interface Spawned {
  readonly task: Task
  readonly spec: ProcessSpec
  readonly cwd: string
  readonly journal: Journal
  readonly terminal?: Terminal | undefined
  /** Where standard input goes, when it is open. */
  readonly stdin?: { readonly write: (bytes: Uint8Array) => Promise<void>; readonly close: () => void } | undefined
  readonly result: Promise<ProcessResult>
  endedAtMs?: number | undefined
  readonly signal: (name: SignalName) => void
  readonly cancel: () => void
}

/** Starts what a spec asks for. Throws `SystemError` when it cannot be started. */
export function spawnProcess(machine: Machine, spec: ProcessSpec): Spawned {
  const { clock } = machine
  const user = spec.user ?? 'user'
  const home = homeOf(user)
  const cwd = workingDirectory(machine, spec.cwd ?? home, { user, cwd: home })
  const env = { PATH: defaultPath, HOME: home, USER: user, ...machine.env, ...spec.env }
  const { program, argv } = resolveProgram(machine, { user, cwd }, spec.argv, env.PATH)

  const origin = Symbol(spec.argv[0])
  const startedAtMs = clock.now()
  const journal = createJournal(spec.journalBytes ?? defaultJournalBytes)
  const outputClosed = Promise.withResolvers<void>()
  let cause: ProcessOutcome | undefined
  let outputBytes = 0
  const kill = (why: ProcessOutcome): void => {
    cause ??= why
    killOrigin(machine, origin)
  }
  const emit =
    (stream: OutputChunk['stream']) =>
    (bytes: Uint8Array): void => {
      const room = (spec.outputLimitBytes ?? Number.POSITIVE_INFINITY) - outputBytes
      const kept = bytes.subarray(0, Math.max(0, Math.min(bytes.byteLength, room)))
      outputBytes += kept.byteLength
      journal.append(stream, kept)
      if (bytes.byteLength > room) kill({ kind: 'output-limit' })
    }
  let group = 0
  const signal = (name: SignalName): void => signalGroup(machine, group, name)
  const wiring = wire(spec, emit, signal, outputClosed.resolve)
  const task = startTask(
    machine,
    { argv, user, cwd, env, files: wiring.files, origin },
    async (own) => await program(createContext(machine, own, argv)),
  )
  for (const file of new Set(wiring.files.values())) release(file)
  if (task === undefined) throw new SystemError('EAGAIN', spec.argv[0])
  group = task.group

  const stopTimer =
    spec.timeoutMs === undefined ? undefined : clock.schedule(() => kill({ kind: 'timed-out' }), spec.timeoutMs)

  const finishing = async (): Promise<ProcessResult> => {
    const exit = await task.ended
    cause ??= outcomeOf(exit)
    stopTimer?.()
    const durationMs = clock.now() - startedAtMs
    const grace = Promise.withResolvers<void>()
    const giveUp = clock.schedule(grace.resolve, graceMs)
    await Promise.race([outputClosed.promise, grace.promise])
    giveUp()
    wiring.terminal?.hangUp()
    journal.close()
    spawned.endedAtMs = clock.now()
    return { outcome: cause, durationMs, outputBytes }
  }
  const spawned: Spawned = {
    task,
    spec,
    cwd,
    journal,
    terminal: wiring.terminal,
    stdin: wiring.stdin,
    result: finishing(),
    signal,
    cancel: () => {
      if (!task.dead) cause ??= { kind: 'cancelled' }
      killOrigin(machine, origin)
    },
  }
  return spawned
}

function workingDirectory(machine: Machine, path: string, actor: { user: string; cwd: string }): string {
  const { node, path: cwd } = lookUp(machine.files, path, actor)
  if (node.kind !== 'directory') throw new SystemError('ENOTDIR', path)
  find(machine.files, `${cwd}/.`, actor, 'follow')
  return cwd
}

interface Wiring {
  readonly files: ReadonlyMap<number, OpenFile>
  readonly terminal?: Terminal | undefined
  readonly stdin?: Spawned['stdin']
}

function wire(
  spec: ProcessSpec,
  emit: (stream: OutputChunk['stream']) => (bytes: Uint8Array) => void,
  signal: (name: SignalName) => void,
  closed: () => void,
): Wiring {
  if (spec.terminal !== undefined) {
    const terminal = createTerminal(spec.terminal, emit('terminal'), signal, closed)
    const file = openFile(terminal.stream)
    const stdin = {
      write: async (bytes: Uint8Array) => {
        terminal.type(bytes)
        await Promise.resolve()
      },
      close: () => terminal.type(Uint8Array.of(4)),
    }
    return { files: new Map([0, 1, 2].map((number) => [number, file])), terminal, stdin }
  }
  let open = 2
  const oneClosed = (): void => {
    if (--open === 0) closed()
  }
  const pipe = spec.stdin === 'pipe' ? createPipe() : undefined
  const files = new Map([
    [0, openFile(pipe?.reader ?? nullStream())],
    [1, openFile(sinkStream(emit('stdout'), oneClosed))],
    [2, openFile(sinkStream(emit('stderr'), oneClosed))],
  ])
  return { files, stdin: pipe?.writer }
}

function outcomeOf(exit: Exit): ProcessOutcome {
  if ('code' in exit) return { kind: 'exited', code: exit.code }
  return exit.outOfMemory === true ? { kind: 'out-of-memory' } : { kind: 'signaled', signal: exit.signal }
}
