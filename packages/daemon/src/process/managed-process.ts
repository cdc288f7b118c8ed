import { ConnectError, type ProcessEvent } from '@caisson/wire-e2b'
import { noteActivity } from '../garbage.ts'
import { isGvisor } from '../thread-ids.ts'
import type { User } from '../user.ts'
import { createPipeInput, createTerminalInput, type ProcessInput } from './input.ts'
import { createJournal, type Journal, type OutputStream } from './journal.ts'
import { issueMarker, killTree, markerVariable, type Root } from './kill-tree.ts'
import { launch } from './launch.ts'
import { readOutOfMemoryKills } from './out-of-memory.ts'
import { type OutputReader, waitForReaders } from './output-readers.ts'
import { readProcEntry, readProcTable } from './proc-table.ts'
import { drain, pump } from './pump.ts'

type EndEvent = Extract<ProcessEvent['event'], { end: unknown }>['end']
export type ProcessResult = NonNullable<EndEvent['caisson']>
type Outcome = ProcessResult['outcome']
/** Reasons for which the daemon itself ends a process. */
export type KillCause = 'timed-out' | 'cancelled' | 'output-limit'

export interface ProcessRequest {
  readonly argv: readonly [string, ...string[]]
  readonly user: User
  readonly cwd: string | undefined
  readonly env: Readonly<Record<string, string>>
  readonly size: { readonly cols: number; readonly rows: number } | undefined
  readonly stdin: boolean
  readonly tag: string | undefined
  readonly timeoutMs: number | undefined
  readonly outputLimitBytes: number | undefined
  readonly journalBytes: number
}

const infancyMs = 10

/** What can be asked of a process from its start to ten minutes after its end. */
export interface ManagedProcess {
  readonly pid: number
  readonly tag: string | undefined
  readonly root: Root
  /** What it was started to take as input, if anything. */
  readonly takes: 'stdin' | 'pty' | undefined
  readonly journal: Journal
  readonly readers: Set<OutputReader>
  /** Set when the process is over. */
  readonly result: ProcessResult | undefined
  readonly ended: Promise<ProcessResult>
  /**
   * Resolves when it has run for a moment, or at once when it is one to talk with. A process that ends before costs least when it is told of as a whole: what it
   * leaves in its pipes is taken at its end, and whoever follows it gets one answer.
   */
  readonly grown: Promise<void>
  /** Calls back once at the next output, or at the end. Returns a way to give up waiting. */
  readonly onChange: (listener: () => void) => () => void
  /** Kills everything that it started and resolves when all is gone. The first cause is the outcome. */
  readonly kill: (cause: KillCause) => Promise<void>
}

export interface RunningProcess extends ManagedProcess {
  readonly request: ProcessRequest
  readonly input: ProcessInput | undefined
  readonly signal: (signal: NodeJS.Signals) => void
  readonly resize: (size: { cols: number; rows: number }) => void
}

/** What a process needs from the rest of the daemon. */
export interface ProcessSurroundings {
  /** A journal grew (or shrank) by so many bytes of memory. */
  readonly onGrowth: (journal: Journal, grownBytes: number) => void
  /** What else was started. */
  readonly others: (self: Root) => readonly Root[]
}

export function startProcess(request: ProcessRequest, surroundings: ProcessSurroundings): RunningProcess {
  const journal = createJournal(request.journalBytes)
  const marker = issueMarker()
  const listeners = new Set<() => void>()
  const readers = new Set<OutputReader>()
  const terminalClosed = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<ProcessResult>()
  const killsBefore = readOutOfMemoryKills()
  const startedAtMs = performance.now()
  let outputBytes = 0
  let cause: KillCause | undefined
  let isKilledBySignal = false
  let hasExited = false
  let result: ProcessResult | undefined

  const { child, stdin, stdout, stderr } = launch({
    ...request,
    env: { ...request.env, [markerVariable]: marker },
    onTerminalOutput: (bytes) => receive('pty', bytes),
    onTerminalClose: terminalClosed.resolve,
  })
  const { pid, terminal } = child
  const root = { pid, startTicks: readProcEntry(pid)?.startTicks ?? 0, marker, user: request.user }
  const input = terminal === undefined ? createPipeInput(stdin) : createTerminalInput(terminal)
  const timer =
    request.timeoutMs === undefined ? undefined : setTimeout(() => void kill('timed-out'), request.timeoutMs)

  function notify(): void {
    const waiting = [...listeners]
    listeners.clear()
    for (const listener of waiting) listener()
  }

  function receive(stream: OutputStream, bytes: Uint8Array): void {
    if (result !== undefined) return
    const room = (request.outputLimitBytes ?? Infinity) - outputBytes
    outputBytes += bytes.byteLength
    if (room > 0) {
      const before = journal.costBytes
      journal.append(stream, bytes.byteLength > room ? bytes.subarray(0, room) : bytes)
      surroundings.onGrowth(journal, journal.costBytes - before)
      notify()
    }
    if (bytes.byteLength > room && cause === undefined) void kill('output-limit')
  }

  function take(stream: OutputStream, bytes: Uint8Array): Promise<void> | undefined {
    receive(stream, bytes)
    return waitForReaders(readers, journal, () => cause === undefined && !hasExited)
  }

  async function kill(why: KillCause): Promise<void> {
    if (result === undefined) cause ??= why
    await killTree(root, () => surroundings.others(root))
  }

  function outcome(): Outcome {
    if (cause !== undefined) return { kind: cause }
    const signal = child.signalCode
    const isKill = signal === 'SIGKILL' || child.exitCode === 137
    if (isKill && !isKilledBySignal && readOutOfMemoryKills() > killsBefore) return { kind: 'out-of-memory' }
    if (signal === null) return { kind: 'exited', code: child.exitCode ?? 0 }
    return { kind: 'signaled', signal: typeof signal === 'number' ? `SIG${signal}` : signal }
  }

  async function finish(): Promise<void> {
    await Promise.race([child.exited, grown])
    const output = Promise.all([
      pump(stdout, (bytes) => take('stdout', bytes)),
      pump(stderr, (bytes) => take('stderr', bytes)),
      terminal === undefined ? undefined : terminalClosed.promise,
    ])
    await child.exited
    hasExited = true
    const durationMs = performance.now() - startedAtMs
    await drain(output, () => outputBytes)
    clearTimeout(timer)
    result = { outcome: outcome(), durationMs, outputBytes }
    input?.dispose()
    ended.resolve(result)
    noteActivity()
    notify()
  }

  const grown = terminal === undefined && stdin === undefined ? Bun.sleep(infancyMs) : Promise.resolve()
  void finish()
  return {
    pid,
    tag: request.tag,
    takes: request.size !== undefined ? 'pty' : request.stdin ? 'stdin' : undefined,
    request,
    root,
    journal,
    readers,
    input,
    get result() {
      return result
    },
    ended: ended.promise,
    grown,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    signal: (signal) => {
      isKilledBySignal ||= signal === 'SIGKILL'
      process.kill(-pid, signal)
    },
    resize: ({ cols, rows }) => {
      if (terminal === undefined) throw new ConnectError('failed_precondition', 'the process has no terminal', 'ENOTTY')
      terminal.resize(cols, rows)
      if (isGvisor) tellOfNewSize(root)
    },
    kill,
  }
}

/** As a kernel does for the programs of a terminal, but gVisor does not. */
function tellOfNewSize(root: Root): void {
  for (const { pid, session } of readProcTable()) {
    if (session !== root.pid) continue
    try {
      process.kill(pid, 'SIGWINCH')
    } catch {
      // It has ended.
    }
  }
}

/** What is kept of a process that is over. It shares nothing with the running one but its output, so that all the rest of that can go. */
export function retain(
  { pid, tag, root, takes, journal }: ManagedProcess,
  result: ProcessResult,
  surroundings: ProcessSurroundings,
): ManagedProcess {
  return {
    pid,
    tag,
    root,
    takes,
    journal,
    readers: new Set(),
    result,
    ended: Promise.resolve(result),
    grown: Promise.resolve(),
    onChange: (listener) => {
      listener()
      return () => undefined
    },
    kill: async () => await killTree(root, () => surroundings.others(root)),
  }
}
