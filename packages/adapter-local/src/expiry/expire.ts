import { isFrozen, setFrozen } from '../cgroup/freeze.ts'
import type { Group } from '../cgroup/group.ts'
import { pauseSandbox } from '../gvisor/pause.ts'
import type { Context } from '../launch/context.ts'
import { endSandbox } from '../launch/end-sandbox.ts'
import { groupOf } from '../launch/group-of.ts'
import { readRecord } from '../record/store.ts'
import { remainingMs } from './remaining-ms.ts'

/**
 * Does what a sandbox's end of life asks for, if that has come. Reads the record anew, since any process may have moved the end.
 * Resolves to the time until it should be asked again; undefined when there is nothing to wait for.
 */
export async function expire(context: Context, id: string): Promise<number | undefined> {
  const record = await readRecord(context.store, id)
  if (record === undefined || record === 'unreadable' || record.state === 'preparing') return undefined
  const leftMs = remainingMs(record)
  if (leftMs > 0) return leftMs
  if (record.onExpiry === 'destroy') await endSandbox(context, id)
  else if (context.tier === 'gvisor') await pauseSandbox(context, id)
  else await freeze(groupOf(context, record))
  return undefined
}

async function freeze(group: Group | undefined): Promise<void> {
  if (group !== undefined && (await isFrozen(group)) === false) await setFrozen(group, true)
}
