import { isAlive } from '@caisson/adapter-kit'
import type { Context } from '../launch/context.ts'
import type { SandboxRecord } from '../record/record.ts'

/** Whether nobody lives who could still want it: it is over, or its creator died before it ran. */
export function isAbandoned({ machine }: Context, record: SandboxRecord): boolean {
  if (record.bootId !== machine.bootId) return true
  if (record.state === 'ending') return true
  if (record.state === 'running') return record.init === undefined || !isAlive(record.init)
  if (record.state === 'preparing' || record.state === 'starting') return !isAlive(record.creator)
  // What is written down outlives every process.
  return false
}
