import { ConnectError } from '@caisson/wire-e2b'
import type { User } from '../user.ts'

/**
 * A caller's path as an absolute one: relative paths and `~` start at the user's home. Empty parts and `.` are dropped; `..` is left to
 * the kernel, which knows where a symbolic link before it leads.
 */
export function resolvePath(path: string, user: User): string {
  if (path === '') throw new ConnectError('invalid_argument', 'the path is empty')
  if (path.includes('\0')) throw new ConnectError('invalid_argument', 'the path contains NUL')
  const fromHome = path === '~' ? '' : path.startsWith('~/') ? path.slice(2) : path
  const absolute = path.startsWith('/') ? path : `${user.home}/${fromHome}`
  const parts = absolute.split('/').filter((part) => part !== '' && part !== '.')
  return `/${parts.join('/')}`
}

export function joinPath(directory: string, name: string): string {
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`
}

/** The last part of a path. */
export function baseName(path: string): string {
  const trimmed = path.replace(/\/+$/, '')
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

/** Everything before the last part. */
export function parentOf(path: string): string {
  const trimmed = path.replace(/\/+$/, '')
  return trimmed.slice(0, trimmed.lastIndexOf('/')) || '/'
}
