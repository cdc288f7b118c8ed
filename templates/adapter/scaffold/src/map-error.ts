import { isSandboxError, SandboxError, type SandboxErrorCode } from '@caisson/core'
import { adapterName } from './adapter-name.ts'

const codes: Readonly<Record<number, SandboxErrorCode>> = {
  400: 'invalid-argument',
  401: 'unauthenticated',
  403: 'permission-denied',
  404: 'sandbox-not-found',
  409: 'conflict',
  413: 'too-large',
  429: 'rate-limited',
  501: 'unsupported',
  502: 'unavailable',
  503: 'unavailable',
  504: 'timeout',
  507: 'no-space',
}

const remedies: Partial<Record<SandboxErrorCode, string>> = {
  unauthenticated: 'set the key of Sample',
  'rate-limited': 'try again later',
  unavailable: 'see whether Sample is up, and try again',
}

/** Any failure of the provider as a `SandboxError`. What is not known is `provider`, and keeps its cause. */
export function mapError(error: unknown): SandboxError {
  if (isSandboxError(error)) return error
  const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 0
  const code = codes[status] ?? 'provider'
  const message = error instanceof Error ? error.message : String(error)
  return new SandboxError(code, adapterName, message, { remedy: remedies[code], cause: error })
}

/** Does it, and turns what it throws into a `SandboxError`. */
export async function mapped<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw mapError(error)
  }
}
