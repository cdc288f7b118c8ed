import { mkdirSync } from 'node:fs'
import { ConnectError } from '@caisson/wire-e2b'
import { errnoOf } from '../errno.ts'
import { parentOf } from './paths.ts'

/** Creates the directories above a path. Call it with the user's rights. */
export function makeParents(path: string): void {
  try {
    mkdirSync(parentOf(path), { recursive: true })
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    throw new ConnectError('invalid_argument', `'${parentOf(path)}' is not a directory`, 'ENOTDIR')
  }
}
