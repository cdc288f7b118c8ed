import { isAlive } from '@caisson/adapter-kit'
import { join } from 'node:path'
import { killGroup } from '../cgroup/kill.ts'
import { waitForLoopDevice } from '../disk/loop-device.ts'
import { groupOf } from '../launch/group-of.ts'
import type { Context } from '../launch/context.ts'
import type { LivingRecord } from '../record/record.ts'
import { sandboxDirectory } from '../record/store.ts'
import { until } from '../until.ts'

/** Ends all processes of a sandbox and resolves when none holds its disk any more: then it can go on from what is written down of it. */
export async function endProcesses(context: Context, record: LivingRecord): Promise<void> {
  const { init } = record
  const group = groupOf(context, record)
  if (group !== undefined) await killGroup(group)
  await until(async () => await Promise.resolve(init === undefined || !isAlive(init)), 'the sandbox does not end')
  await waitForLoopDevice(join(sandboxDirectory(context.store, record.id), 'disk.img'))
}
