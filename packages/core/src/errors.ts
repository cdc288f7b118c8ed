/** What went wrong with a place where code runs. The command's own failure is never one of these: it is a `ProcessOutcome`. */
export const sandboxErrorCodes = [
  'invalid-argument',
  'unauthenticated',
  'permission-denied',
  'sandbox-not-found',
  'template-not-found',
  'process-not-found',
  'context-not-found',
  'path-not-found',
  'path-exists',
  'not-a-directory',
  'is-a-directory',
  'no-space',
  'too-large',
  'conflict',
  'unsupported',
  'quota-exceeded',
  'rate-limited',
  'unavailable',
  'runtime-missing',
  'timeout',
  'cancelled',
  'protocol',
  'provider',
] as const
export type SandboxErrorCode = (typeof sandboxErrorCodes)[number]

/** What is wrong with an operation or with the way it was asked for. */
export const operationErrorCodes = [
  'invalid-operation',
  'invalid-policy',
  'denied',
  'approval-denied',
  'approval-expired',
  'host-function-missing',
  'run-not-found',
  'approval-not-found',
  'artifact-not-found',
  'policy-not-found',
  'conflict',
  'quota-exceeded',
  'unauthenticated',
  'forbidden',
  'cancelled',
  'interrupted',
  'internal',
] as const
export type OperationErrorCode = (typeof operationErrorCodes)[number]

/** Details that make an error useful to whoever has to mend it. */
export interface ErrorDetails {
  /** The input field at fault, as a dotted path: `input.files.0.path`. */
  readonly field?: string | undefined
  /** What to do about it, as one sentence or one command. */
  readonly remedy?: string | undefined
  /** Whether the same call may succeed later without any change. */
  readonly retryable?: boolean | undefined
  /** How long to wait before such a retry, in milliseconds. */
  readonly retryAfterMs?: number | undefined
  /** The error underneath. Kept for logs, never sent to another organization. */
  readonly cause?: unknown
}

/** The plain-data form of an error, for wires and stores. */
export interface ErrorData {
  readonly kind: 'sandbox' | 'operation'
  readonly code: string
  readonly message: string
  readonly adapter?: string | undefined
  readonly field?: string | undefined
  readonly remedy?: string | undefined
  readonly retryable: boolean
  readonly retryAfterMs?: number | undefined
}

/** Recognised by a property and not by `instanceof`, so that two copies of this package agree. */
abstract class CaissonError extends Error {
  abstract readonly '@caisson/error': ErrorData['kind']
  abstract readonly code: string
  readonly field: string | undefined
  readonly remedy: string | undefined
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.field = details.field
    this.remedy = details.remedy
    this.retryable = details.retryable ?? false
    this.retryAfterMs = details.retryAfterMs
  }
}

const retryableByNature: ReadonlySet<SandboxErrorCode> = new Set(['rate-limited', 'unavailable'])

/** An infrastructure failure. Thrown by adapters and by everything that speaks to a sandbox. */
export class SandboxError extends CaissonError {
  override readonly name = 'SandboxError'
  readonly '@caisson/error' = 'sandbox'
  readonly code: SandboxErrorCode
  /** The adapter that failed. */
  readonly adapter: string

  constructor(code: SandboxErrorCode, adapter: string, message: string, details: ErrorDetails = {}) {
    super(message, { ...details, retryable: details.retryable ?? retryableByNature.has(code) })
    this.code = code
    this.adapter = adapter
  }
}

/** A refusal or failure that has nothing to do with one sandbox: bad input, a denial, a missing approval. */
export class OperationError extends CaissonError {
  override readonly name = 'OperationError'
  readonly '@caisson/error' = 'operation'
  readonly code: OperationErrorCode

  constructor(code: OperationErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details)
    this.code = code
  }
}

function kindOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && '@caisson/error' in error ? error['@caisson/error'] : undefined
}

export function isSandboxError(error: unknown): error is SandboxError {
  return kindOf(error) === 'sandbox'
}

export function isOperationError(error: unknown): error is OperationError {
  return kindOf(error) === 'operation'
}

/** Any thrown value as plain data. An unknown one becomes `internal` and keeps only its message. */
export function toErrorData(error: unknown): ErrorData {
  if (isSandboxError(error) || isOperationError(error)) {
    return {
      kind: error['@caisson/error'],
      code: error.code,
      message: error.message,
      ...(isSandboxError(error) ? { adapter: error.adapter } : {}),
      ...(error.field === undefined ? {} : { field: error.field }),
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
      retryable: error.retryable,
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'operation', code: 'internal', message, retryable: false }
}
