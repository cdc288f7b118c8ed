import type { Group } from '../cgroup/group.ts'
import type { SandboxRecord } from '../record/record.ts'
import type { Context } from './context.ts'

/** The control group that holds a sandbox. Undefined where none does. */
export function groupOf({ machine }: Context, record: SandboxRecord): Group | undefined {
  if (machine.privilege.kind !== 'root' || record.cgroup === undefined) return undefined
  return { hierarchy: machine.privilege.hierarchy, name: record.cgroup }
}
