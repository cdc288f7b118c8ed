import type { CallOptions } from './call-options.ts'
import type { Chart } from './chart.ts'
import type { Environment } from './sandbox-spec.ts'

/** Where code runs with a memory: variables, functions and imports stay from one call to the next. */
export interface CodeContext {
  readonly id: string
  /** As the interpreter calls it: `python`, `javascript`, `typescript`, `bash`, `r`, `java`, `ruby`, `cpp`. */
  readonly language: string
  /** Absolute path in which its code starts. */
  readonly cwd: string
}

/** One result of a cell: the same value in several formats. */
export interface CodeResult {
  /** Whether it is the value of the last expression, and not something displayed on the way. */
  readonly main: boolean
  /** MIME type to content. Text is text, `application/json` is JSON as text, and binary formats (images, PDF) are base64. */
  readonly data: Readonly<Record<string, string>>
  /** What a figure shows, as data. */
  readonly chart?: Chart | undefined
  /** A data frame: column to cells, top to bottom. Missing values are null, points in time ISO 8601. */
  readonly table?: Readonly<Record<string, readonly unknown[]>> | undefined
}

/** The error with which a cell ended. It is the code's own failure: the interpreter works on. */
export interface CodeError {
  /** The error's class, as `ZeroDivisionError`. */
  readonly name: string
  readonly value: string
  /** As the language prints it, without colours. */
  readonly traceback: string
  /** True when the context has lost its variables: its interpreter crashed, ran out of memory or was restarted. The next cell finds a fresh one. */
  readonly stateLost?: boolean | undefined
}

/** What comes of a cell, in the order in which it came about. Text arrives in pieces of any size. */
export type CodeEvent =
  | { readonly type: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'result'; readonly result: CodeResult }
  | ({ readonly type: 'error' } & CodeError)
  /** The last event. `executionCount` is the cell's number in its context. */
  | { readonly type: 'end'; readonly executionCount?: number | undefined }

export interface RunCodeOptions extends CallOptions {
  /** Id of a context. Default: one context per language, made when it is first used. */
  readonly context?: string | undefined
  /** Default: `python`. Both a context and a language are `invalid-argument`. */
  readonly language?: string | undefined
  /** Variables that hold for this cell and are gone after it; they win over the sandbox's. */
  readonly env?: Environment | undefined
}

/**
 * Stateful execution of code. Cells of one context run one after the other, those of different contexts at the same time. Contexts live as
 * long as their sandbox. A language that the sandbox cannot run is `unsupported`, one that nobody knows `invalid-argument`; an unknown
 * context is `context-not-found`.
 */
export interface CodeInterpreter {
  readonly createContext: (
    language: string,
    options?: CallOptions & {
      /** A directory that exists. Default: where processes start. */
      readonly cwd?: string | undefined
    },
  ) => Promise<CodeContext>
  readonly listContexts: (options?: CallOptions) => Promise<readonly CodeContext[]>
  /** Ends the context with all that it runs. Idempotent. */
  readonly removeContext: (id: string, options?: CallOptions) => Promise<'removed' | 'absent'>
  /** Forgets all variables and ends what runs, which then ends with an error that has `stateLost`. */
  readonly restartContext: (id: string, options?: CallOptions) => Promise<void>
  /**
   * Runs a cell. The code's own errors are events; the stream ends after `end` and rejects only when the place failed. Cancelling the stream,
   * `signal` and `deadline` interrupt the cell and keep the context, as far as the code lets itself be interrupted; a lost connection does the
   * same, because nobody would hear of the rest.
   */
  readonly run: (code: string, options?: RunCodeOptions) => Promise<ReadableStream<CodeEvent>>
}
