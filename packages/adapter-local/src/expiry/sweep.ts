import { isSandboxError } from '@caisson/core'
import { childrenOf, removeGroup } from '../cgroup/group.ts'
import { killGroup } from '../cgroup/kill.ts'
import { changing } from '../gvisor/change.ts'
import type { Context } from '../launch/context.ts'
import { endSandbox } from '../launch/end-sandbox.ts'
import { instanceGroup, parseGroupName, removeEmptyParents } from '../launch/sandbox-group.ts'
import type { SandboxRecord } from '../record/record.ts'
import { readAllCurrent } from '../record/read-current.ts'
import { readRecord, removeTemporaries, sandboxIds } from '../record/store.ts'
import { expire } from './expire.ts'
import { isAbandoned } from './is-abandoned.ts'

/** Removes what the dead left: half-made and ended sandboxes, and those whose time is over. What lives, or belongs to a living creator, stays. */
export async function sweep(context: Context): Promise<{ readonly removed: number }> {
  let removed = 0
  for await (const record of readAllCurrent(context.store)) {
    if (isAbandoned(context, record)) {
      if ((await endSandbox(context, record.id)) === 'destroyed') removed += 1
    } else if (record.state !== 'preparing' && record.state !== 'starting') {
      await settled(context, record)
      await expire(context, record.id)
      if ((await readRecord(context.store, record.id)) === undefined) removed += 1
    }
  }
  removed += await removeTemporaries(context.store)
  removed += await removeStrayGroups(context)
  await removeEmptyParents(context)
  return { removed }
}

/** Brings to an end what somebody began with a gVisor sandbox who died over it. */
async function settled(context: Context, { id, state }: SandboxRecord): Promise<void> {
  if (context.tier !== 'gvisor' || state === 'running' || state === 'paused') return
  await changing(context, id, async () => await Promise.resolve()).catch((error: unknown) => {
    if (!isSandboxError(error) || error.code !== 'sandbox-not-found') throw error
  })
}

/** A folder is made before its group and goes after it: a group without a folder is nobody's. */
async function removeStrayGroups({ machine, store, instance }: Context): Promise<number> {
  if (machine.privilege.kind !== 'root') return 0
  const parent = instanceGroup(machine.privilege.hierarchy, instance)
  const names = await childrenOf(parent)
  const known = new Set(await sandboxIds(store))
  const stray = names.filter((name) => !known.has(parseGroupName(name).id))
  for (const name of stray) {
    const group = { hierarchy: parent.hierarchy, name: `${parent.name}/${name}` }
    await killGroup(group)
    await removeGroup(group)
  }
  return stray.length
}
