import { closeSync, constants, fchownSync, fstatSync, openSync, type Stats } from 'node:fs'
import { ConnectError } from '@caisson/wire-e2b'
import { asUser } from '../as-user.ts'
import type { User } from '../user.ts'
import { errnoOf } from '../errno.ts'
import { makeParents } from './make-parents.ts'

export interface OpenFile {
  readonly descriptor: number
  readonly status: Stats
}

/** Without these a pipe or a terminal that code has put there would hold the daemon up, or become its own terminal. */
const harmless = constants.O_NONBLOCK | constants.O_NOCTTY

/** Opens a regular file for reading with the user's rights. The caller closes it. */
export function openToRead(path: string, user: User): OpenFile {
  return asUser(user, () => checkRegular(openSync(path, constants.O_RDONLY | harmless), path))
}

export interface FileToWrite extends OpenFile {
  readonly created: boolean
  /** With whose rights it was opened. */
  readonly by: User
}

/**
 * Opens or creates a regular file for writing, parents included, with the user's rights, and where those are not enough with those of `elevated`, if there is
 * such a user: what is new belongs to the user all the same. Its content is left as it is.
 */
export function openToWrite(path: string, user: User, options: OpenToWriteOptions): FileToWrite {
  const { mode, elevated } = options
  try {
    return asUser(user, () => ({ ...openOrCreate(path, mode), by: user }))
  } catch (error) {
    if (elevated === undefined || errnoOf(error) !== 'EACCES') throw error
    return asUser(elevated, () => {
      const opened = openOrCreate(path, mode, user)
      if (opened.created) fchownSync(opened.descriptor, user.uid, user.gid)
      return { ...opened, by: elevated }
    })
  }
}

export interface OpenToWriteOptions {
  readonly mode: number
  readonly elevated: User | undefined
}

function openOrCreate(path: string, mode: number, owner?: User): OpenFile & { readonly created: boolean } {
  const flags = constants.O_WRONLY | harmless
  makeParents(path, owner)
  try {
    return { ...checkRegular(openSync(path, flags | constants.O_CREAT | constants.O_EXCL, mode), path), created: true }
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
    return { ...checkRegular(openSync(path, flags | constants.O_CREAT, mode), path), created: false }
  }
}

function checkRegular(descriptor: number, path: string): OpenFile {
  const status = fstatSync(descriptor)
  if (status.isFile()) return { descriptor, status }
  closeSync(descriptor)
  if (status.isDirectory()) throw new ConnectError('invalid_argument', `path '${path}' is a directory`, 'EISDIR')
  throw new ConnectError('invalid_argument', `path '${path}' is not a regular file`, 'EINVAL')
}
