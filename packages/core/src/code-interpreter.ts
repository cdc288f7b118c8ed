import type { CallOptions } from './call-options.ts'
import type { Environment } from './sandbox-spec.ts'

export interface CodeContext {
  readonly id: string
  readonly language: string
  readonly cwd: string
}

/** One result of a cell: the same value in several MIME types. */
export interface CodeResult {
  /** Whether it is the value of the last expression, and not something displayed on the way. */
  readonly main: boolean
  /** MIME type to content; binary content is base64. */
  readonly data: Readonly<Record<string, string>>
}

export type CodeEvent =
  | { readonly type: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'result'; readonly result: CodeResult }
  | { readonly type: 'error'; readonly name: string; readonly value: string; readonly traceback: string }
  | { readonly type: 'end'; readonly executionCount?: number | undefined }

/** Stateful execution of code in contexts, each of which keeps its variables between calls. */
export interface CodeInterpreter {
  readonly createContext: (
    language: string,
    options?: CallOptions & { readonly cwd?: string | undefined },
  ) => Promise<CodeContext>
  readonly listContexts: (options?: CallOptions) => Promise<readonly CodeContext[]>
  readonly removeContext: (id: string, options?: CallOptions) => Promise<'removed' | 'absent'>
  readonly restartContext: (id: string, options?: CallOptions) => Promise<void>
  /** Runs code; the stream ends after `end`. Cancelling the stream interrupts the code and keeps the context. */
  readonly run: (
    code: string,
    options?: CallOptions & {
      readonly context?: string | undefined
      readonly language?: string | undefined
      readonly env?: Environment | undefined
    },
  ) => Promise<ReadableStream<CodeEvent>>
}
