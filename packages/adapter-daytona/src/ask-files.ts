import { constants } from 'node:os'
import { type CallOptions, type FileInfo, SandboxError, type SandboxErrorCode } from '@caisson/core'
import { fileProgram } from './file-program.ts'
import type { Link } from './link.ts'

const byErrno: Readonly<Record<number, SandboxErrorCode>> = {
  [constants.errno.ENOENT]: 'path-not-found',
  [constants.errno.EACCES]: 'permission-denied',
  [constants.errno.EPERM]: 'permission-denied',
  [constants.errno.EROFS]: 'permission-denied',
  [constants.errno.ENOTDIR]: 'not-a-directory',
  [constants.errno.EISDIR]: 'is-a-directory',
  [constants.errno.EEXIST]: 'path-exists',
  [constants.errno.ENOTEMPTY]: 'path-exists',
  [constants.errno.ENOSPC]: 'no-space',
  [constants.errno.EDQUOT]: 'no-space',
  [constants.errno.EINVAL]: 'invalid-argument',
  [constants.errno.ELOOP]: 'invalid-argument',
  [constants.errno.ENAMETOOLONG]: 'invalid-argument',
}

/** What the file program answers: its lines, or its refusal as one of our errors. */
export async function askFiles(
  link: Link,
  [what, path, ...words]: readonly [what: string, path: string, ...words: string[]],
  options: CallOptions | undefined,
): Promise<readonly string[]> {
  const { exitCode, result } = await link.call('path', options, async ({ process }) => {
    return await process.executeCommand(`exec perl -e 'eval delete $ENV{CAISSON_FILES}; die $@ if $@'`, undefined, {
      CAISSON_FILES: fileProgram,
      CAISSON_WORDS: [what, path, ...words].map((word) => Buffer.from(word).toString('hex')).join(','),
    })
  })
  if (exitCode !== 0)
    throw new SandboxError('provider', link.adapter, `perl is needed in the sandbox, and ended with ${exitCode}`)
  const lines = result.split('\n').filter((line) => line !== '')
  const errno = /^! (\d{1,4})$/.exec(lines.at(-1) ?? '')?.[1]
  if (errno === undefined) return lines
  throw new SandboxError(byErrno[Number(errno)] ?? 'provider', link.adapter, `${path} cannot be used: error ${errno}`, {
    field: 'path',
  })
}

const infoShape =
  /^(file|directory|symlink|other) (\d{1,16}) (\d{1,5}) (\S{1,64}) (\S{1,64}) (\d{1,16}) ([0-9a-f]+) ([0-9a-f]*)$/

/** A line about a file. What comes from a sandbox is what code there makes of it. */
export function parseInfo(adapter: string, line: string | undefined): FileInfo {
  const [, type, size, mode, owner = '', group = '', modified, path, target = ''] = infoShape.exec(line ?? '') ?? []
  const isType = type === 'file' || type === 'directory' || type === 'symlink' || type === 'other'
  if (!isType || path === undefined) throw new SandboxError('protocol', adapter, 'the sandbox says what is no file')
  const text = (hex: string): string => Buffer.from(hex, 'hex').toString('utf8')
  const whole = text(path)
  return {
    name: whole === '/' ? '/' : (whole.split('/').at(-1) ?? whole),
    path: whole,
    type,
    sizeBytes: Number(size),
    mode: Number(mode),
    owner,
    group,
    modifiedAtMs: Number(modified),
    ...(type === 'symlink' ? { target: text(target) } : {}),
  }
}
