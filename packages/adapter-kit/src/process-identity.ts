import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** Names a process for good: pids are used again, a pid with its start time is not. */
export const processIdentitySchema = z.strictObject({ pid: z.int().min(1), startTime: z.string().regex(/^\d+$/) })
export type ProcessIdentity = z.infer<typeof processIdentitySchema>

/** The process that has this pid now. Undefined when there is none, or when it is over and waits to be reaped. */
export function identify(pid: number): ProcessIdentity | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, startTime] = [fields[0], fields[19]]
  if (startTime === undefined || state === 'Z' || state === 'X') return undefined
  return { pid, startTime }
}

export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startTime === process.startTime
}

export function ownIdentity(): ProcessIdentity {
  const own = identify(process.pid)
  if (own === undefined) throw new Error('/proc does not show this process')
  return own
}
