import { isSandboxError, SandboxError, type SandboxErrorCode } from '@caisson/core'
import {
  AuthenticationError,
  FileNotFoundError,
  InvalidArgumentError,
  NotEnoughSpaceError,
  NotFoundError,
  RateLimitError,
  SandboxError as VendorError,
  SandboxNotFoundError,
  ServiceBusyError,
  TemplateError,
  TimeoutError,
} from '@e2b/code-interpreter'

/** What a request was about, which is what E2B's "not found" means. */
export type Subject = 'account' | 'template' | 'sandbox' | 'path' | 'context'

const notFound: Readonly<Record<Subject, SandboxErrorCode>> = {
  account: 'provider',
  template: 'template-not-found',
  sandbox: 'sandbox-not-found',
  path: 'path-not-found',
  context: 'context-not-found',
}

const byStatus: Readonly<Record<number, SandboxErrorCode>> = {
  400: 'invalid-argument',
  401: 'unauthenticated',
  403: 'permission-denied',
  409: 'conflict',
  413: 'too-large',
  500: 'provider',
  501: 'unsupported',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
  507: 'no-space',
}

/** The most special class first. */
const byClass = [
  [SandboxNotFoundError, 'sandbox-not-found'],
  [FileNotFoundError, 'path-not-found'],
  [AuthenticationError, 'unauthenticated'],
  [RateLimitError, 'rate-limited'],
  [ServiceBusyError, 'unavailable'],
  [NotEnoughSpaceError, 'no-space'],
  [InvalidArgumentError, 'invalid-argument'],
  [TemplateError, 'unsupported'],
  [TimeoutError, 'timeout'],
] as const

const remedies: Readonly<Partial<Record<SandboxErrorCode, string>>> = {
  unauthenticated: 'check the key: https://e2b.dev/dashboard?tab=keys',
  'template-not-found': 'name a template that this team has, by its id or alias',
  'quota-exceeded': 'end sandboxes of this team, or ask E2B for more at one time',
}

export interface Failure {
  readonly subject: Subject
  readonly status?: number | undefined
  readonly retryAfterMs?: number | undefined
}

/**
 * A failure of the SDK or of its connection as one of ours, by class and status. E2B has one status for too many requests and for too many sandboxes; only
 * the first comes with a time after which to try again.
 */
export function mapError(adapter: string, error: unknown, { subject, status, retryAfterMs }: Failure): SandboxError {
  if (isSandboxError(error)) return error
  const code = codeOf(error, subject, status ?? statusOf(error))
  const full = code === 'rate-limited' && subject === 'template' && retryAfterMs === undefined
  const meant = full ? 'quota-exceeded' : code
  return new SandboxError(meant, adapter, messageOf(error), {
    cause: error,
    ...(remedies[meant] === undefined ? {} : { remedy: remedies[meant] }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function codeOf(error: unknown, subject: Subject, status: number | undefined): SandboxErrorCode {
  const known = byClass.find(([type]) => error instanceof type)
  if (known !== undefined) return known[1]
  if (status === 429) return 'rate-limited'
  if (status === 404 || error instanceof NotFoundError) return notFound[subject]
  if (status !== undefined) return byStatus[status] ?? 'provider'
  return isBrokenConnection(error) ? 'unavailable' : 'provider'
}

function statusOf(error: unknown): number | undefined {
  return error instanceof VendorError ? error.statusCode : undefined
}

/** Whether no answer came: the SDK hands on what its HTTP client throws. */
function isBrokenConnection(error: unknown): boolean {
  if (error instanceof VendorError) return false
  return error instanceof Error && (error.name === 'TypeError' || error.name === 'ConnectError' || 'code' in error)
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message.slice(0, 500) : 'E2B failed'
}
