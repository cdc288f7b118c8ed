import { isSandboxError, SandboxError, type SandboxErrorCode } from '@caisson/core'
import {
  DaytonaConnectionError,
  DaytonaConnectionTimeoutError,
  DaytonaError,
  DaytonaFileAccessDeniedError,
  DaytonaFileNotFoundError,
  DaytonaProcessNotFoundError,
} from '@daytonaio/sdk'

/** What a request was about, which is what Daytona's "not found" means. */
export type Subject = 'account' | 'template' | 'sandbox' | 'path' | 'volume'

const notFound: Readonly<Record<Subject, SandboxErrorCode>> = {
  account: 'provider',
  template: 'template-not-found',
  sandbox: 'sandbox-not-found',
  path: 'sandbox-not-found',
  volume: 'invalid-argument',
}

const byStatus: Readonly<Record<number, SandboxErrorCode>> = {
  400: 'invalid-argument',
  401: 'unauthenticated',
  403: 'permission-denied',
  408: 'timeout',
  409: 'conflict',
  410: 'conflict',
  413: 'too-large',
  422: 'invalid-argument',
  500: 'provider',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
  507: 'no-space',
}

/** The most special class first. */
const byClass = [
  [DaytonaFileNotFoundError, 'path-not-found'],
  [DaytonaFileAccessDeniedError, 'permission-denied'],
  [DaytonaProcessNotFoundError, 'process-not-found'],
  [DaytonaConnectionTimeoutError, 'timeout'],
  [DaytonaConnectionError, 'unavailable'],
] as const

const remedies: Readonly<Partial<Record<SandboxErrorCode, string>>> = {
  unauthenticated: 'check the key: https://app.daytona.io/dashboard/keys',
  'template-not-found': 'name an image or a snapshot that this organization has',
  'quota-exceeded': 'end sandboxes of this organization, or ask Daytona for more',
}

/** A failure of the SDK or of its connection as one of ours, by class and status. */
export function mapError(adapter: string, error: unknown, subject: Subject): SandboxError {
  if (isSandboxError(error)) return error
  const code = codeOf(error, subject)
  const retryAfterMs = retryAfterOf(error)
  // Too many requests come with a time after which to try again; too many sandboxes do not.
  const meant =
    code === 'rate-limited' && subject === 'template' && retryAfterMs === undefined ? 'quota-exceeded' : code
  return new SandboxError(meant, adapter, messageOf(error), {
    cause: error,
    ...(remedies[meant] === undefined ? {} : { remedy: remedies[meant] }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function codeOf(error: unknown, subject: Subject): SandboxErrorCode {
  const known = byClass.find(([type]) => error instanceof type)
  if (known !== undefined) return known[1]
  const status = error instanceof DaytonaError ? error.statusCode : undefined
  if (status === 429) return 'rate-limited'
  if (status === 404) return notFound[subject]
  if (status !== undefined) return byStatus[status] ?? 'provider'
  return error instanceof Error && 'code' in error ? 'unavailable' : 'provider'
}

function retryAfterOf(error: unknown): number | undefined {
  const headers: unknown = error instanceof DaytonaError ? error.headers : undefined
  if (typeof headers !== 'object' || headers === null || !('retry-after' in headers)) return undefined
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) ? seconds * 1000 : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message.slice(0, 500) : 'Daytona failed'
}
