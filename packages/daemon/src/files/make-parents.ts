import { ConnectError } from '@caisson/wire-e2b'
import { errnoOf } from '../errno.ts'
import type { User } from '../user.ts'
import { makeDirectories } from './make-directories.ts'
import { parentOf } from './paths.ts'

/** Creates the directories above a path. Call it with the rights of whoever makes them; with an `owner` those that are new are given to them. */
export function makeParents(path: string, owner?: User): void {
  try {
    makeDirectories(parentOf(path), owner)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    throw new ConnectError('invalid_argument', `'${parentOf(path)}' is not a directory`, 'ENOTDIR')
  }
}
