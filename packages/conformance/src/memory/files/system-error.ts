import type { SandboxErrorCode } from '@caisson/core'

/** What the kernel would say, with the code for callers of the contract and the words for callers of a utility. */
const table = {
  ENOENT: ['path-not-found', 'No such file or directory'],
  EEXIST: ['path-exists', 'File exists'],
  ENOTDIR: ['not-a-directory', 'Not a directory'],
  EISDIR: ['is-a-directory', 'Is a directory'],
  EACCES: ['permission-denied', 'Permission denied'],
  EROFS: ['permission-denied', 'Read-only file system'],
  EBUSY: ['conflict', 'Device or resource busy'],
  ENOSPC: ['no-space', 'No space left on device'],
  ENOTEMPTY: ['conflict', 'Directory not empty'],
  EINVAL: ['invalid-argument', 'Invalid argument'],
  ELOOP: ['invalid-argument', 'Too many levels of symbolic links'],
  ENAMETOOLONG: ['invalid-argument', 'File name too long'],
  ENOEXEC: ['permission-denied', 'Exec format error'],
  EBADF: ['invalid-argument', 'Bad file descriptor'],
  EAGAIN: ['quota-exceeded', 'Resource temporarily unavailable'],
} as const satisfies Record<string, readonly [SandboxErrorCode, string]>

export type SystemErrorName = keyof typeof table

export class SystemError extends Error {
  override readonly name = 'SystemError'
  readonly errno: SystemErrorName
  readonly code: SandboxErrorCode
  /** As `strerror` would put it. */
  readonly text: string

  constructor(errno: SystemErrorName, subject: string) {
    const [code, text] = table[errno]
    super(`${subject}: ${text}`)
    this.errno = errno
    this.code = code
    this.text = text
  }
}
