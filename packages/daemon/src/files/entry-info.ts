import { lstatSync, readlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import type { EntryInfo } from '@caisson/wire-e2b'
import type { AccountNames } from '../users.ts'
import { readMetadata } from './metadata.ts'
import { baseName, parentOf } from './paths.ts'

const kinds: Readonly<Record<number, { readonly letter: string; readonly type: EntryInfo['type'] }>> = {
  0o100000: { letter: '-', type: 'FILE_TYPE_FILE' },
  0o040000: { letter: 'd', type: 'FILE_TYPE_DIRECTORY' },
  0o120000: { letter: 'l', type: 'FILE_TYPE_SYMLINK' },
  0o010000: { letter: 'p', type: 'FILE_TYPE_UNSPECIFIED' },
  0o140000: { letter: 's', type: 'FILE_TYPE_UNSPECIFIED' },
  0o020000: { letter: 'c', type: 'FILE_TYPE_UNSPECIFIED' },
  0o060000: { letter: 'b', type: 'FILE_TYPE_UNSPECIFIED' },
}

/** Describes a path without following a link. Call it with the user's rights. */
export function describeEntry(path: string, names: AccountNames): EntryInfo {
  const status = lstatSync(path)
  const { letter, type } = kinds[status.mode & 0o170000] ?? { letter: '?', type: 'FILE_TYPE_UNSPECIFIED' }
  const mode = status.mode & 0o7777
  const metadata = readMetadata(path)
  return {
    name: baseName(path),
    type,
    path,
    size: String(status.size),
    mode,
    permissions: letter + describeMode(mode),
    owner: names.user(status.uid),
    group: names.group(status.gid),
    modifiedTime: status.mtime.toISOString(),
    ...(metadata === undefined ? {} : { metadata }),
    ...(type === 'FILE_TYPE_SYMLINK' ? describeLink(path) : {}),
  }
}

/** `rwxr-xr-x`, as `ls -l` shows it, without the set-id and sticky bits. */
function describeMode(mode: number): string {
  return Array.from('rwxrwxrwx', (letter, index) => ((mode >> (8 - index)) & 1 ? letter : '-')).join('')
}

/** E2B's clients want to know where a link leads, ours what is written in it. */
function describeLink(path: string): Pick<EntryInfo, 'symlinkTarget' | 'caisson'> {
  const linkTarget = readlinkSync(path)
  return { symlinkTarget: resolve(parentOf(path), linkTarget), caisson: { linkTarget } }
}
