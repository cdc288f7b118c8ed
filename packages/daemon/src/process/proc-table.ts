import { readdirSync, readFileSync } from 'node:fs'
import { readSystemFile } from '../read-system-file.ts'

/** What `/proc` tells about a process. */
export interface ProcEntry {
  readonly pid: number
  readonly parent: number
  readonly session: number
  /** Time of start in clock ticks since boot: with the pid it names a process for good. */
  readonly startTicks: number
}

/** Undefined when there is no such process or only its zombie is left. */
export function readProcEntry(pid: number): ProcEntry | undefined {
  const text = readSystemFile(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // The name in parentheses may itself contain anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined
  return { pid, parent: Number(fields[1]), session: Number(fields[3]), startTicks: Number(fields[19]) }
}

/** All living processes that can be seen from here. */
export function readProcTable(): readonly ProcEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcEntry(Number(name)))
    .filter((entry) => entry !== undefined)
}

/** Real uid of a process, or undefined. */
export function readUid(pid: number): number | undefined {
  try {
    const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return uid === undefined ? undefined : Number(uid)
  } catch {
    return undefined
  }
}
