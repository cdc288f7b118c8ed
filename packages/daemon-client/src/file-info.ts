import type { FileInfo } from '@caisson/core'
import type { entryInfoSchema } from '@caisson/wire-e2b'
import type { z } from 'zod'

type Entry = z.output<typeof entryInfoSchema>

const types: Readonly<Record<Entry['type'], FileInfo['type']>> = {
  FILE_TYPE_FILE: 'file',
  FILE_TYPE_DIRECTORY: 'directory',
  FILE_TYPE_SYMLINK: 'symlink',
  FILE_TYPE_UNSPECIFIED: 'other',
}

export function toFileInfo(entry: Entry): FileInfo {
  const target = entry.caisson?.linkTarget ?? entry.symlinkTarget
  return {
    name: entry.name,
    path: entry.path,
    type: types[entry.type],
    sizeBytes: entry.size,
    mode: entry.mode,
    owner: entry.owner,
    group: entry.group,
    modifiedAtMs: entry.modifiedTime === undefined ? 0 : Date.parse(entry.modifiedTime),
    ...(target === undefined ? {} : { target }),
  }
}
