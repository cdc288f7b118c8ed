import { type Group, removeIfEmpty } from '../cgroup/group.ts'
import type { Hierarchy } from '../cgroup/hierarchy.ts'
import type { Context } from './context.ts'

const tree = 'caisson'

/** Holds the instances of this machine, one per state directory. */
export function treeGroup(hierarchy: Hierarchy): Group {
  return { hierarchy, name: tree }
}

/** Holds the sandboxes of one state directory. */
export function instanceGroup(hierarchy: Hierarchy, instance: string): Group {
  return { hierarchy, name: `${tree}/${instance}` }
}

/** A sandbox's group is named after it and its slot of user ids, where it has one of its own. */
export function sandboxGroup(hierarchy: Hierarchy, instance: string, id: string, slot?: number): Group {
  return { hierarchy, name: `${tree}/${instance}/${slot === undefined ? id : `${id}.${slot}`}` }
}

/** The sandbox and the slot in the last part of such a name. */
export function parseGroupName(name: string): { readonly id: string; readonly slot: number } {
  const [id = '', slot] = name.split('.')
  return { id, slot: Number(slot) }
}

/** Removes the groups that hold sandboxes, when they hold none. */
export async function removeEmptyParents({ machine, instance }: Context): Promise<void> {
  if (machine.privilege.kind !== 'root') return
  await removeIfEmpty(instanceGroup(machine.privilege.hierarchy, instance))
  await removeIfEmpty(treeGroup(machine.privilege.hierarchy))
}
