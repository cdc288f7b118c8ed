import { identify, isAlive } from '@caisson/adapter-kit'
import { childrenOf, type Group, removeGroup } from '../cgroup/group.ts'
import { killGroup } from '../cgroup/kill.ts'
import { isOnLoopDevice, waitForLoopDevice } from '../disk/loop-device.ts'
import type { SandboxRecord, StartedRecord } from '../record/record.ts'
import { readRecord, removeSandboxDirectory, sandboxDirectory, type Store, writeRecord } from '../record/store.ts'
import { until } from '../until.ts'
import { instanceGroup, parseGroupName, removeEmptyParents } from './sandbox-group.ts'
import { findInit } from './find-init.ts'
import type { Context } from './context.ts'
import { volumesInUse, volumesOf } from '../volumes/in-use.ts'
import { volumeImage } from '../volumes/volume.ts'

/**
 * Ends a sandbox in whatever state it is, also half made, and resolves when nothing of it is left: no process, mount, loop device, control
 * group or folder. Safe to repeat, and safe while another process does the same.
 */
export async function endSandbox(context: Context, id: string): Promise<'destroyed' | 'absent'> {
  const { machine, store } = context
  const record = await readRecord(store, id)
  if (record === undefined) return 'absent'
  if (record === 'unreadable') {
    await endGroupsOf(context, id)
    await waitForLoopDevice(diskImage(store, id))
  } else if (record.bootId === machine.bootId) {
    if (record.state === 'running') announceEnd(context, record)
    await endProcesses(context, record)
    await waitForLoopDevice(diskImage(store, id), record.loopDevice)
    await waitForVolumes(context, record)
  }
  const outcome = await removeSandboxDirectory(store, id)
  await removeEmptyParents(context)
  return outcome === 'removed' ? 'destroyed' : 'absent'
}

function diskImage(store: Store, id: string): string {
  return `${sandboxDirectory(store, id)}/disk.img`
}

/** The last sandbox that has a volume mounted leaves no loop device behind. */
async function waitForVolumes(context: Context, record: SandboxRecord): Promise<void> {
  for (const directory of volumesOf(context.store, record)) {
    const image = volumeImage(directory)
    const over = async () => !(await isOnLoopDevice(image)) || (await volumesInUse(context, record.id)).has(directory)
    await until(over, `a loop device holds ${image}`)
  }
}

/** So that who loses a connection to it sees at once why. An end that cannot be announced, on a full disk, is an end all the same. */
function announceEnd({ store }: Context, record: StartedRecord): void {
  try {
    writeRecord(store, { ...record, state: 'ending' })
  } catch {
    // Nobody waits for it.
  }
}

/** The names of groups tell whose they are, also when nothing else does. */
async function endGroupsOf({ machine, instance }: Context, id: string): Promise<void> {
  if (machine.privilege.kind !== 'root') return
  const parent = instanceGroup(machine.privilege.hierarchy, instance)
  for (const name of await childrenOf(parent)) {
    if (parseGroupName(name).id === id) await endGroup({ ...parent, name: `${parent.name}/${name}` })
  }
}

async function endGroup(group: Group): Promise<void> {
  await killGroup(group)
  await removeGroup(group)
}

async function endProcesses({ machine, store }: Context, record: SandboxRecord): Promise<void> {
  if (machine.privilege.kind === 'root' && record.cgroup !== undefined) {
    await endGroup({ hierarchy: machine.privilege.hierarchy, name: record.cgroup })
  }
  const init = (record.state === 'preparing' ? undefined : record.init) ?? (await findInit(store, record.id))
  if (init === undefined) return
  // Without a control group the end of its first process is the end of all of them: the kernel sees to it.
  if (isAlive(init)) process.kill(init.pid, 'SIGKILL')
  await until(async () => identify(init.pid)?.startTime !== init.startTime, 'the sandbox does not end')
}
