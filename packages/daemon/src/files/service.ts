import { cpSync, lstatSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import {
  ConnectError,
  type EntryInfo,
  type EntryResponse,
  type ListDirResponse,
  type RemoveResponse,
} from '@caisson/wire-e2b'
import { asUser } from '../as-user.ts'
import { errnoOf, toConnectError } from '../errno.ts'
import { asInteger, asText, type Fields, optional } from '../fields.ts'
import type { AccountNames } from '../users.ts'
import { describeEntry } from './entry-info.ts'
import { makeDirectories } from './make-directories.ts'
import { makeParents } from './make-parents.ts'
import { joinPath, resolvePath } from './paths.ts'
import type { User } from '../user.ts'
import type { Writer } from './upload.ts'

/** A listing of more entries is refused: it would fill the memory of both sides. */
const maxEntries = 100_000

interface FileCaller {
  /** Whose home paths begin at. */
  readonly user: User
  /** Whose new directories are. Undefined: whoever makes them. */
  readonly owner?: User | undefined
  readonly names: AccountNames
}

/** The unary procedures of `filesystem.Filesystem` that need no state, by method name. They run with the user's rights. */
const fileMethods: Readonly<Record<string, (fields: Fields, caller: FileCaller) => unknown>> = {
  Stat: (fields, { user, names }): EntryResponse => {
    const path = resolvePath(asText(fields['path'], 'path'), user)
    return { entry: describeEntry(path, names) }
  },
  MakeDir: (fields, { user, owner, names }): EntryResponse => {
    const path = resolvePath(asText(fields['path'], 'path'), user)
    makeDirectory(path, owner)
    return { entry: describeEntry(path, names) }
  },
  Move: (fields, { user, owner, names }): EntryResponse => {
    const source = resolvePath(asText(fields['source'], 'source'), user)
    const destination = resolvePath(asText(fields['destination'], 'destination'), user)
    move(source, destination, owner)
    return { entry: describeEntry(destination, names) }
  },
  ListDir: (fields, { user, names }): ListDirResponse => {
    const path = resolvePath(asText(fields['path'], 'path'), user)
    const depth = optional(fields['depth'], 'depth', asInteger(0)) ?? 1
    if (!statSync(path).isDirectory())
      throw new ConnectError('invalid_argument', `'${path}' is not a directory`, 'ENOTDIR')
    const entries: EntryInfo[] = []
    listEntries(path, Math.max(depth, 1), names, entries)
    return { entries }
  },
  Remove: (fields, { user }): RemoveResponse => {
    const path = resolvePath(asText(fields['path'], 'path'), user)
    const removed = exists(path)
    if (removed) rmSync(path, { recursive: true, force: true })
    return { caisson: { removed } }
  },
}

/** Runs one of them, where the user's rights are not enough with those of `elevated`, if there is such a user. */
export function callFileMethod(
  name: string,
  fields: Fields,
  { user, elevated, names }: Writer & { readonly names: AccountNames },
): unknown {
  const method = Object.hasOwn(fileMethods, name) ? fileMethods[name] : undefined
  if (method === undefined) throw new ConnectError('unimplemented', `there is no procedure '${name}'`)
  try {
    return asUser(user, () => method(fields, { user, names }))
  } catch (error) {
    if (elevated === undefined || errnoOf(error) !== 'EACCES') throw toConnectError(error)
  }
  try {
    return asUser(elevated, () => method(fields, { user, owner: user, names }))
  } catch (error) {
    throw toConnectError(error)
  }
}

function exists(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

function makeDirectory(path: string, owner: User | undefined): void {
  if (exists(path)) {
    if (statSync(path).isDirectory()) throw new ConnectError('already_exists', `directory '${path}' exists`)
    throw new ConnectError('invalid_argument', `'${path}' exists and is not a directory`, 'EEXIST')
  }
  makeDirectories(path, owner)
}

function move(source: string, destination: string, owner: User | undefined): void {
  lstatSync(source)
  makeParents(destination, owner)
  try {
    renameSync(source, destination)
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error
    // Another file system: /tmp, say.
    cpSync(source, destination, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
    rmSync(source, { recursive: true })
  }
}

/** Below a directory, in lexical order, each directory followed by what is in it. */
function listEntries(directory: string, depth: number, names: AccountNames, entries: EntryInfo[]): void {
  for (const name of readdirSync(directory).toSorted()) {
    if (entries.length >= maxEntries)
      throw new ConnectError('resource_exhausted', `there are more than ${maxEntries} entries`, 'EFBIG')
    const entry = describeIfThere(joinPath(directory, name), names)
    if (entry === undefined) continue
    entries.push(entry)
    if (depth > 1 && entry.type === 'FILE_TYPE_DIRECTORY') listReadable(entry.path, depth - 1, names, entries)
  }
}

/** A directory that the user may not look into is listed without its content. */
function listReadable(directory: string, depth: number, names: AccountNames, entries: EntryInfo[]): void {
  try {
    listEntries(directory, depth, names, entries)
  } catch (error) {
    if (errnoOf(error) !== 'EACCES' && errnoOf(error) !== 'ENOENT') throw error
  }
}

function describeIfThere(path: string, names: AccountNames): EntryInfo | undefined {
  try {
    return describeEntry(path, names)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
