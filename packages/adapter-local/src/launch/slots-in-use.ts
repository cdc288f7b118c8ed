import { childrenOf } from '../cgroup/group.ts'
import { slotOf } from '../machine/id-range.ts'
import { readRecords } from '../record/store.ts'
import type { Context } from './context.ts'
import { instanceGroup, parseGroupName, treeGroup } from './sandbox-group.ts'

/**
 * The slots of user ids that sandboxes have. For root the control groups of all instances together are the machine's table of them: it
 * cannot be left behind by a crash, since it is the groups themselves. An ordinary user has only its own records.
 */
export async function slotsInUse({ machine, store }: Context): Promise<readonly number[]> {
  if (machine.privilege.kind === 'root') {
    const { hierarchy } = machine.privilege
    const instances = await childrenOf(treeGroup(hierarchy))
    const names = await Promise.all(
      instances.map(async (instance) => await childrenOf(instanceGroup(hierarchy, instance))),
    )
    return names.flat().map((name) => parseGroupName(name).slot)
  }
  return (await readRecords(store)).map((record) => slotOf(record.idBase, 'rootless'))
}
