import { statSync } from 'node:fs'
import { ConnectError } from '@caisson/wire-e2b'
import { errnoOf } from '../errno.ts'
import type { User } from '../user.ts'

/** Undefined when there is no such file. */
function mayExecute(path: string, user: User): boolean | undefined {
  // Most directories of a search path do not have it, and an exception costs more than the look.
  const status = statSync(path, { throwIfNoEntry: false })
  if (status === undefined) return undefined
  const { mode, uid, gid } = status
  if ((mode & 0o170000) !== 0o100000) return false
  if (user.uid === 0) return (mode & 0o111) !== 0
  return (mode & (uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001)) !== 0
}

/** The file to execute for a program's name, looked up in `PATH` as `execvp` does. Call it with the user's rights. */
export function findProgram(name: string, searchPath: string, cwd: string, user: User): string {
  const candidates = name.includes('/')
    ? [name.startsWith('/') ? name : `${cwd}/${name}`]
    : searchPath
        .split(':')
        .map((directory) => `${directory.startsWith('/') ? directory : `${cwd}/${directory}`}/${name}`)
  let refused = false
  for (const candidate of candidates) {
    try {
      const may = mayExecute(candidate, user)
      if (may === true) return candidate
      refused ||= may === false
    } catch (error) {
      if (errnoOf(error) === 'EACCES') refused = true
    }
  }
  if (refused) throw new ConnectError('permission_denied', `program '${name}' may not be executed`, 'EACCES')
  throw new ConnectError('not_found', `there is no program '${name}'`, 'ENOENT')
}
