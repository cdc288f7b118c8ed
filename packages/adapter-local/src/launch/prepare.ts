import { ownIdentity } from '@caisson/adapter-kit'
import { freshId, SandboxError, sandboxIdSchema } from '@caisson/core'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { adapterName } from '../adapter-name.ts'
import { createGroup, type Group, removeGroup } from '../cgroup/group.ts'
import { reserveDisk } from '../disk/room.ts'
import { chooseSlot, gvisorRange, type IdRange, idRange } from '../machine/id-range.ts'
import type { PreparingRecord } from '../record/record.ts'
import { createSandboxDirectory, writeRecord } from '../record/store.ts'
import type { Template } from '../template/template.ts'
import type { Context } from './context.ts'
import { endSandbox } from './end-sandbox.ts'
import { type Launcher, startLauncher } from './launcher.ts'
import { chooseStage, launcherSettings } from './launcher-settings.ts'
import { sandboxGroup } from './sandbox-group.ts'
import { slotsInUse } from './slots-in-use.ts'

/** What a sandbox stands on; two with the same ground differ only in their names. */
export interface Ground {
  readonly template: Template
  readonly layer: string
  readonly diskBytes: number
  /** Tells one build of the daemon from the next. */
  readonly daemonBuild: number
}

/** Everything under a sandbox except the sandbox: its folder, ids, control group, disk and root, with a launcher that waits. */
export interface Prepared {
  readonly ground: Ground
  readonly record: PreparingRecord
  readonly directory: string
  readonly ids: IdRange
  readonly group?: Group | undefined
  /** Where the launcher sees the folder. */
  readonly stage: string
  readonly launcher: Launcher
}

/**
 * The slow half of a creation, none of which depends on who asks. Whoever gets it launches it or abandons its launcher. The folder names this
 * process as its creator, so that a sweeper can take everything away when the process is gone. Leaves nothing when it throws.
 */
export async function prepare(context: Context, ground: Ground): Promise<Prepared> {
  const { machine, store } = context
  const id = sandboxIdSchema.parse(freshId('sb'))
  try {
    const claim = await claimIds(context, id, ground.layer)
    await reserveDisk(store, id, ground.diskBytes)
    await symlink(join(store.root, 'layers', ground.layer), join(claim.directory, 'layer'))
    const stage = chooseStage([store.root, machine.daemonDirectory, machine.init, ground.template.rootfs ?? '/usr'])
    const settings = await launcherSettings(context, ground, { ...claim, stage })
    const launcher = startLauncher(machine, settings)
    const loopDevice = await launcher.next('prepared')
    const record = loopDevice.startsWith('/dev/loop') ? { ...claim.record, loopDevice } : claim.record
    return { ...claim, record, ground, stage, launcher }
  } catch (error) {
    await endSandbox(context, id)
    throw error
  }
}

export interface Claim {
  readonly record: PreparingRecord
  readonly directory: string
  readonly ids: IdRange
  readonly group?: Group | undefined
}

/** Takes a slot of user ids. Two who choose the same at once see each other afterwards, and choose again. */
async function claimIds(context: Context, id: PreparingRecord['id'], layer: string): Promise<Claim> {
  if (context.tier === 'gvisor') return await claimGroup(context, id, layer)
  const { machine, store, instance } = context
  const { privilege } = machine
  for (let directory: string | undefined; ;) {
    const slot = chooseSlot(new Set(await slotsInUse(context)), privilege.kind)
    if (slot === undefined) throw noIdsLeft()
    const ids = idRange(slot, privilege.kind)
    const group = privilege.kind === 'root' ? sandboxGroup(privilege.hierarchy, instance, id, slot) : undefined
    const record: PreparingRecord = {
      version: 1,
      state: 'preparing',
      id,
      bootId: machine.bootId,
      creator: ownIdentity(),
      idBase: ids.base,
      layer,
      ...(group === undefined ? {} : { cgroup: group.name }),
    }
    if (directory === undefined) directory = await createSandboxDirectory(store, record)
    else writeRecord(store, record)
    if (group !== undefined) await createGroup(group)
    if ((await slotsInUse(context)).filter((used) => used === slot).length <= 1)
      return { record, directory, ids, group }
    if (group !== undefined) await removeGroup(group)
  }
}

/** For a sandbox that shares its user ids. */
export async function claimGroup(context: Context, id: PreparingRecord['id'], layer: string): Promise<Claim> {
  const { machine, store, instance } = context
  if (machine.privilege.kind !== 'root') throw new Error('only root has control groups')
  const group = sandboxGroup(machine.privilege.hierarchy, instance, id)
  const record: PreparingRecord = {
    version: 1,
    state: 'preparing',
    id,
    bootId: machine.bootId,
    creator: ownIdentity(),
    idBase: gvisorRange.base,
    layer,
    cgroup: group.name,
  }
  const directory = await createSandboxDirectory(store, record)
  await createGroup(group)
  return { record, directory, ids: gvisorRange, group }
}

function noIdsLeft(): SandboxError {
  return new SandboxError('quota-exceeded', adapterName, 'all ranges of user ids are in use', {
    remedy: 'end sandboxes, or sweep',
  })
}
