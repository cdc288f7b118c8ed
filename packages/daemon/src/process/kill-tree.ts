import { readFileSync } from 'node:fs'
import { asUser } from '../as-user.ts'
import type { User } from '../user.ts'
import { type ProcEntry, readProcTable, readUid } from './proc-table.ts'

/** Environment variable by which a process is known to belong to one that the daemon started, even when it has left its session. */
export const markerVariable = 'CAISSON_PROCESS'
const instance = crypto.randomUUID()
let issued = 0

/** A fresh value for that variable. */
export function issueMarker(): string {
  issued += 1
  return `${instance}.${issued}`
}

/** A process that the daemon started, alive or not. */
export interface Root {
  readonly pid: number
  readonly startTicks: number
  readonly marker: string
  readonly user: User
}

/** Whether this program was started by the first process of a sandbox, so that everything that is visible belongs to the sandbox. */
const inSandbox = process.pid === 1 || process.ppid === 1

function readMarker(pid: number, user: User): string | undefined {
  try {
    const environment = asUser(user, () => readFileSync(`/proc/${pid}/environ`, 'latin1'))
    const prefix = `${markerVariable}=`
    return environment
      .split('\0')
      .find((line) => line.startsWith(prefix))
      ?.slice(prefix.length)
  } catch {
    return undefined
  }
}

/**
 * Finds everything that a root started. A process group is not enough, because a child can leave it. A process belongs to the root if
 * it is in the root's session, carries the root's marker in its environment, or descends from one that belongs. One that has got rid
 * of all three (own session, parents dead, environment cleared or hidden) is a stray: inside a sandbox, a stray that was born after
 * the root and belongs to no other counts as the root's, so that plain daemonising does not help to survive. Code that runs as the
 * same user can still give itself to another process on purpose; that one's end, or the sandbox's, is then its own.
 */
function findMembers(root: Root, others: readonly Root[]): ReadonlySet<number> {
  const table = readProcTable().filter((entry) => entry.pid !== process.pid && entry.startTicks >= root.startTicks)
  const markers = new Map(table.map((entry) => [entry.pid, readMarker(entry.pid, root.user) ?? '']))
  const mine = close(table, (entry) => leads(root, entry) || markers.get(entry.pid) === root.marker)
  if (!inSandbox) return mine
  const theirs = close(
    table,
    (entry) =>
      others.some((other) => leads(other, entry)) || markers.get(entry.pid)?.startsWith(`${instance}.`) === true,
  )
  for (const { pid, parent } of table)
    if (parent === 1 && !theirs.has(pid) && readUid(pid) === root.user.uid) mine.add(pid)
  return mine
}

function leads(root: Root, entry: ProcEntry): boolean {
  return entry.session === root.pid && entry.startTicks >= root.startTicks
}

/** The entries that belong by themselves, and all that descend from one of them or live in its session. */
function close(table: readonly ProcEntry[], belongs: (entry: ProcEntry) => boolean): Set<number> {
  const members = new Set(table.filter(belongs).map((entry) => entry.pid))
  for (let before = -1; before !== members.size;) {
    before = members.size
    for (const entry of table) if (members.has(entry.parent) || members.has(entry.session)) members.add(entry.pid)
  }
  return members
}

function send(pids: Iterable<number>, signal: 'SIGSTOP' | 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It is gone already.
    }
  }
}

/**
 * Kills everything that a root started. Members are stopped first and killed when a look shows no new one: a stopped process forks no
 * more and still counts against the limit of processes, so that this ends also against a program that forks without end.
 */
export async function killTree(root: Root, others: () => readonly Root[]): Promise<void> {
  const giveUpAtMs = performance.now() + 5000
  while (performance.now() < giveUpAtMs) {
    const stopped = new Set<number>()
    for (let looks = 0; looks < 50; looks += 1) {
      const fresh = [...findMembers(root, others())].filter((pid) => !stopped.has(pid))
      if (fresh.length === 0) break
      send(fresh, 'SIGSTOP')
      for (const pid of fresh) stopped.add(pid)
    }
    if (stopped.size === 0) return
    send(stopped, 'SIGKILL')
    await Bun.sleep(1)
  }
}
