import type { CallOptions } from './call-options.ts'
import type { Environment } from './sandbox-spec.ts'

/** POSIX signals that a caller may send. */
export const signals = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGKILL',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTERM',
  'SIGCONT',
  'SIGSTOP',
  'SIGWINCH',
] as const
export type Signal = (typeof signals)[number]

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** What to start. There is no shell unless `argv` names one. */
export interface ProcessSpec {
  /** Program and arguments. The program is looked up in the `PATH` of the process. */
  readonly argv: readonly [string, ...string[]]
  /** Absolute, or relative to the user's home, which is the default. A missing one is `path-not-found`. */
  readonly cwd?: string | undefined
  /** Added to the sandbox's environment; wins over it. */
  readonly env?: Environment | undefined
  /** Name of a user inside the sandbox. Default: the template's user. */
  readonly user?: string | undefined
  /** `none` (default) is an empty standard input; `pipe` makes `Process.stdin` writable. */
  readonly stdin?: 'none' | 'pipe' | undefined
  /** Gives the process a terminal. Output then comes as `terminal` chunks and `stdin` is implied. */
  readonly terminal?: TerminalSize | undefined
  /**
   * Wall-clock limit, held inside the sandbox, so that it holds while Caisson is down. When it is over everything that the
   * process started is killed and the outcome is `timed-out`. Default: none.
   */
  readonly timeoutMs?: number | undefined
  /** Output (all streams together) after which everything is killed with outcome `output-limit`. Default: none. */
  readonly outputLimitBytes?: number | undefined
  /** How much of the latest output the sandbox keeps for readers that come later. Default: `defaultJournalBytes`. */
  readonly journalBytes?: number | undefined
  /** A name by which the process can be found again. Unique among the running processes of the sandbox. */
  readonly tag?: string | undefined
}

/** Output kept for later readers unless `ProcessSpec.journalBytes` says otherwise. */
export const defaultJournalBytes = 16 * 1024 * 1024

/** A piece of output. Pieces come in the order in which the sandbox read them. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr' | 'terminal'
  /** Position of the first byte among all output bytes of the process, all streams counted together. */
  readonly offset: number
  readonly bytes: Uint8Array
}

/**
 * Why a process is over. The first cause wins: a process that is killed for its time limit and then exits with code 0 has
 * `timed-out`. Never an error: infrastructure failures throw `SandboxError` instead.
 */
export type ProcessOutcome =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signaled'; readonly signal: string }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'output-limit' }
  | { readonly kind: 'out-of-memory' }

export interface ProcessResult {
  readonly outcome: ProcessOutcome
  /** From start to end, measured in the sandbox. */
  readonly durationMs: number
  /** All output bytes that the process wrote, whether kept or not. */
  readonly outputBytes: number
}

export interface ProcessInfo {
  /** As the process itself sees it: a pid of the sandbox's own pid namespace. */
  readonly pid: number
  readonly argv: readonly string[]
  readonly cwd?: string | undefined
  readonly tag?: string | undefined
}

/** A started process. It belongs to the sandbox: it outlives this object, its connection and Caisson itself. */
export interface Process {
  readonly pid: number
  /**
   * All output from the asked-for offset on, each byte once and in order; ends when the process is over and all of its output
   * was delivered. A slow reader slows nothing but itself: what no longer fits the journal is skipped, which shows as a jump
   * in `offset`. Cancelling the stream leaves the process alone. A lost connection is resumed without loss or repetition.
   */
  readonly output: ReadableStream<OutputChunk>
  /**
   * Present with `stdin: 'pipe'` and with a terminal, also on a handle from `attach`. Closing it is end of file for the process; letting the handle go is
   * not. What several handles write is taken in the order in which it arrives.
   */
  readonly stdin?: WritableStream<Uint8Array> | undefined
  /**
   * Resolves when the process is over, whether or not anybody reads `output`. A background child that holds the output open
   * delays it by a short grace at most. Can be called many times.
   */
  readonly wait: (options?: CallOptions) => Promise<ProcessResult>
  /** Sends to the whole process group. A process that is over already is left alone without an error. */
  readonly signal: (signal: Signal, options?: CallOptions) => Promise<void>
  /** Kills everything that the process started; the outcome is `cancelled` unless another cause came first. Idempotent. */
  readonly cancel: (options?: CallOptions) => Promise<void>
  /** Changes the terminal's size. `unsupported` without a terminal. */
  readonly resize: (size: TerminalSize, options?: CallOptions) => Promise<void>
}

export interface Processes {
  /** Starts a program. A program that does not exist is `path-not-found`, one that may not be executed `permission-denied`. */
  readonly spawn: (spec: ProcessSpec, options?: CallOptions) => Promise<Process>
  /**
   * Finds a process again by pid or tag, running or ended less than ten minutes ago, and replays its output from `fromOffset` (default 0). The handle does
   * all that the first one does.
   * Unknown: `process-not-found`.
   */
  readonly attach: (
    process: number | string,
    options?: CallOptions & { readonly fromOffset?: number | undefined },
  ) => Promise<Process>
  /** The running processes that were started through `spawn`. */
  readonly list: (options?: CallOptions) => Promise<readonly ProcessInfo[]>
}
