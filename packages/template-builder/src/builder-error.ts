import { type ErrorDetails, isSandboxError, SandboxError, type SandboxErrorCode } from '@caisson/core'

/** Where an adapter's name stands in errors. */
const builderName = 'template-builder'

export function builderError(code: SandboxErrorCode, message: string, details: ErrorDetails = {}): SandboxError {
  return new SandboxError(code, builderName, message, details)
}

const codes: Readonly<Record<string, SandboxErrorCode>> = {
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EACCES: 'permission-denied',
  EPERM: 'permission-denied',
  EROFS: 'permission-denied',
  ENOENT: 'path-not-found',
}

/** A failure of the machine underneath, by the number that the kernel gave. */
export function mapError(error: unknown, doing: string): SandboxError {
  if (isSandboxError(error)) return error
  const code = codes[errnoOf(error)] ?? 'provider'
  const message = error instanceof Error ? error.message : String(error)
  return builderError(code, `${doing}: ${message}`, {
    cause: error,
    ...(code === 'no-space' ? { remedy: spaceRemedy } : {}),
  })
}

export const spaceRemedy = 'free space on the file system of the state directory, or name another one, then build again'

export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
