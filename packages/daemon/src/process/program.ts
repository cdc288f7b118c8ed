import { statSync } from 'node:fs'
import { ConnectError } from '@caisson/wire-e2b'
import { errnoOf } from '../errno.ts'
import type { User } from '../user.ts'

function mayExecute(path: string, user: User): boolean {
  const { mode, uid, gid } = statSync(path)
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
      if (mayExecute(candidate, user)) return candidate
      refused = true
    } catch (error) {
      if (errnoOf(error) === 'EACCES') refused = true
    }
  }
  if (refused) throw new ConnectError('permission_denied', `program '${name}' may not be executed`, 'EACCES')
  throw new ConnectError('not_found', `there is no program '${name}'`, 'ENOENT')
}
