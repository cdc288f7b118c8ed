import type { FileInfo as CoreFileInfo } from '@caisson/core'
import type { FileInfo } from '@daytona/toolbox-api-client'

const kinds = { file: '-', directory: 'd', symlink: 'l', other: '?' } as const
const bits = ['---', '--x', '-w-', '-wx', 'r--', 'r-x', 'rw-', 'rwx'] as const

/** A file in Daytona's words. `path` is told where a list goes deeper than one directory. */
export function fileView(info: CoreFileInfo, path?: string): FileInfo {
  const modifiedAt = new Date(info.modifiedAtMs).toISOString()
  const permissions = (info.mode & 0o7777).toString(8).padStart(4, '0')
  return {
    name: info.name,
    ...(path === undefined ? {} : { path }),
    isDir: info.type === 'directory',
    size: info.sizeBytes,
    mode: `${kinds[info.type]}${[6, 3, 0].map((shift) => bits[(info.mode >> shift) & 7] ?? '').join('')}`,
    permissions,
    modTime: modifiedAt,
    modifiedAt,
    owner: info.owner,
    group: info.group,
  }
}
