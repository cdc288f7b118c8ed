import { isSandboxError, SandboxError, type SandboxErrorCode } from '@caisson/core'
import { adapterName } from './adapter-name.ts'

const codes: Readonly<Record<string, SandboxErrorCode>> = {
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EACCES: 'permission-denied',
  EPERM: 'permission-denied',
  EROFS: 'permission-denied',
  ENOMEM: 'unavailable',
  EMFILE: 'unavailable',
  ENFILE: 'unavailable',
  EAGAIN: 'unavailable',
}

const remedies: Partial<Record<SandboxErrorCode, string>> = {
  'no-space': 'free space on the file system of the state directory',
  'permission-denied': 'run as root, or give this user the state directory',
}

/** Any failure of the machine underneath as a `SandboxError`, by the number that the kernel gave. */
export function mapError(error: unknown, doing: string): SandboxError {
  if (isSandboxError(error)) return error
  const errno = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const code = codes[errno] ?? 'provider'
  const message = error instanceof Error ? error.message : String(error)
  return new SandboxError(code, adapterName, `${doing}: ${message}`, { remedy: remedies[code], cause: error })
}

export function hasErrno(error: unknown, ...errnos: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && errnos.includes(error.code)
}

/** The promise's value, or undefined when it fails with one of these. */
export async function unless<T>(promise: Promise<T>, ...errnos: readonly string[]): Promise<T | undefined> {
  try {
    return await promise
  } catch (error) {
    if (hasErrno(error, ...errnos)) return undefined
    throw error
  }
}
