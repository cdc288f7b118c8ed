import { dirname } from 'node:path/posix'
import { isSandboxError, SandboxError, type SandboxErrorCode } from '@caisson/core'
import type { Link } from './link.ts'

/** What was to be done with the path. */
export type PathUse = 'stat' | 'read' | 'write' | 'list' | 'make-directory'

const unclear: ReadonlySet<SandboxErrorCode> = new Set(['invalid-argument', 'provider', 'conflict', 'path-not-found'])

/** What E2B means by an argument that is not valid, from what is there: its codes do not tell a directory from a pipe. */
export async function explainPath(link: Link, error: unknown, use: PathUse, path: string): Promise<unknown> {
  if (!isSandboxError(error) || !unclear.has(error.code)) return error
  const type = await typeOf(link, path)
  const code = codeOf(use, type) ?? ((await leadsThroughFile(link, path)) ? 'not-a-directory' : undefined)
  return code === undefined || code === error.code
    ? error
    : new SandboxError(code, link.adapter, error.message, { cause: error })
}

function codeOf(use: PathUse, type: string | undefined): SandboxErrorCode | undefined {
  if (type === undefined || use === 'stat') return undefined
  if (use === 'make-directory') return type === 'dir' ? undefined : 'path-exists'
  if (use === 'list') return type === 'dir' ? undefined : 'not-a-directory'
  return type === 'dir' ? 'is-a-directory' : undefined
}

/** `other` for what E2B has no name for; `undefined` for what is not there. */
async function typeOf(link: Link, path: string): Promise<string | undefined> {
  try {
    const { type } = await link.call(
      'path',
      undefined,
      async ({ files }, signal) => await files.getInfo(path, { signal }),
    )
    return type ?? 'other'
  } catch {
    return undefined
  }
}

async function leadsThroughFile(link: Link, path: string): Promise<boolean> {
  for (let above = dirname(path); above !== dirname(above); above = dirname(above)) {
    const type = await typeOf(link, above)
    if (type !== undefined) return type === 'file' || type === 'other'
  }
  return false
}
