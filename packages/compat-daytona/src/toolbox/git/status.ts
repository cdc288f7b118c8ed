import type { FileStatus, GitStatus, Status } from '@daytona/toolbox-api-client'
import { ok } from '../../http/call.ts'
import type { ToolboxHandle } from '../call.ts'
import { pathOf } from '../files/manage.ts'
import { git } from './git.ts'

export const readStatus: ToolboxHandle<GitStatus> = async (call) => {
  const text = await git(call, ['status', '--porcelain=v2', '--branch', '-z', '--untracked-files=all'], {
    path: pathOf(call),
  })
  return ok(parseStatus(text))
}

const letters: Readonly<Record<string, Status>> = {
  '.': 'Unmodified',
  '?': 'Untracked',
  M: 'Modified',
  T: 'Modified',
  A: 'Added',
  D: 'Deleted',
  R: 'Renamed',
  C: 'Copied',
  U: 'Updated but unmerged',
}

/** Reads `git status --porcelain=v2 --branch -z`. */
export function parseStatus(text: string): GitStatus {
  const entries = text.split('\0')
  const head = new Map<string, string>()
  const fileStatus: FileStatus[] = []
  for (let at = 0; at < entries.length; at += 1) {
    const entry = entries[at] ?? ''
    const [, name, value] = /^# branch\.(\w+) (.*)$/s.exec(entry) ?? []
    if (name !== undefined) head.set(name, value ?? '')
    const file = fileOf(entry)
    if (file === undefined) continue
    const isMoved = entry.startsWith('2 ')
    fileStatus.push({ ...file, extra: isMoved ? (entries[at + 1] ?? '') : '' })
    // The path that it had before stands behind it.
    if (isMoved) at += 1
  }
  const branch = head.get('head') ?? ''
  const detached = branch === '(detached)'
  const [, ahead = '0', behind = '0'] = /^\+(\d+) -(\d+)$/.exec(head.get('ab') ?? '') ?? []
  const upstream = head.get('upstream')
  return {
    currentBranch: detached ? 'HEAD' : branch,
    ...(detached ? { detached } : {}),
    ...(upstream === undefined ? {} : { upstream }),
    branchPublished: head.has('ab'),
    ahead: Number(ahead),
    behind: Number(behind),
    fileStatus,
  }
}

/** How many fields stand before the path, by the kind of an entry. */
const fieldsBefore: Readonly<Record<string, number>> = { '1': 8, '2': 9, u: 10 }

function fileOf(entry: string): Omit<FileStatus, 'extra'> | undefined {
  if (entry.startsWith('? ')) return { name: entry.slice(2), staging: 'Untracked', worktree: 'Untracked' }
  const fields = entry.split(' ')
  const before = fieldsBefore[fields[0] ?? '']
  if (before === undefined || fields[0] === undefined || entry[1] !== ' ') return undefined
  const [staged = '.', worked = '.'] = fields[1] ?? ''
  return {
    name: fields.slice(before).join(' '),
    staging: letters[staged] ?? 'Unmodified',
    worktree: letters[worked] ?? 'Unmodified',
  }
}
