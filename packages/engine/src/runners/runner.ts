import type {
  AgentSandbox,
  Artifact,
  Content,
  ErrorData,
  Finding,
  OutputChunk,
  ProcessOutcome,
  Run,
  RunEvent,
  RunId,
} from '@caisson/core'
import type { Limits } from '../limits.ts'
import type { NewRunEvent } from '../ports/event-store.ts'
import type { OutputLog } from '../runs/output-log.ts'
import type { InSandboxOptions, Workplace } from '../way/in-sandbox.ts'
import type { Recalled } from '../way/recall.ts'

/** JSON, as the value of a run holds it. */
export type Json = Exclude<Run['value'], undefined>

export interface CollectedArtifacts {
  readonly artifacts: readonly Artifact[]
  /** Patterns that fit nothing, and files that could not be kept, with the reason. */
  readonly missing: readonly string[]
}

/** What a runner may use. It sees no adapter and no store. */
export interface RunnerContext {
  readonly run: RunId
  readonly limits: Limits
  readonly findings: readonly Finding[]
  /** Whether an engine was interrupted while this ran. */
  readonly resumed: boolean
  /** When the time of the whole run is over, milliseconds since the epoch. */
  readonly endsAtMs: number
  readonly cancel: AbortSignal
  readonly stop: AbortSignal
  readonly now: () => number
  readonly output: OutputLog
  readonly inSandbox: <Value>(
    options: InSandboxOptions,
    use: (workplace: Workplace) => Promise<Value>,
  ) => Promise<Value>
  /** Bytes that the operation brings along. `field` names them in errors. */
  readonly open: (content: Content, field: string) => Promise<Uint8Array | ReadableStream<Uint8Array>>
  readonly collect: (
    sandbox: AgentSandbox,
    wanted: { readonly directory: string; readonly patterns: readonly string[]; readonly prefix?: string | undefined },
  ) => Promise<CollectedArtifacts>
  /** Appends to the log of the run, all or none. Resolves when it is durable. */
  readonly tell: (events: readonly NewRunEvent[]) => Promise<void>
  /** What is in the log of the run already, in order. */
  readonly storedEvents: () => AsyncIterable<RunEvent>
  /** The output of a source that is stored already: what a resumed process goes on from. */
  readonly storedOutput: (source: string) => AsyncIterable<OutputChunk>
  /** Takes what was done in a slot before an interruption as done. */
  readonly recall: (recalled: Recalled) => Promise<void>
}

/** What became of an operation. An infrastructure failure is thrown instead. */
export interface RunnerResult {
  readonly succeeded: boolean
  readonly outcome?: ProcessOutcome | undefined
  readonly value: Json
  readonly artifacts: readonly Artifact[]
  /** Explains a failure that has a remedy. */
  readonly error?: ErrorData | undefined
}
