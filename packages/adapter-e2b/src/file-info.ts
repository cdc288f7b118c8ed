import type { FileInfo } from '@caisson/core'
import type { EntryInfo } from '@e2b/code-interpreter'

const permissionBits = 0o7777

const types = { file: 'file', dir: 'directory', symlink: 'symlink' } as const

export function toFileInfo(entry: EntryInfo): FileInfo {
  const { name, path, type, size, mode, owner, group, modifiedTime, symlinkTarget } = entry
  return {
    name,
    path,
    type: type === undefined ? 'other' : types[type],
    sizeBytes: size,
    mode: mode & permissionBits,
    owner,
    group,
    modifiedAtMs: modifiedTime?.getTime() ?? 0,
    ...(symlinkTarget === undefined ? {} : { target: symlinkTarget }),
  }
}
