import { identify } from '@caisson/adapter-kit'
import { type ResolvedSandboxSpec, SandboxError, sandboxSpecSchema } from '@caisson/core'
import { readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { adapterName } from '../adapter-name.ts'
import { createGroup, joinFiles, leaveFiles, limitGroup } from '../cgroup/group.ts'
import { daemonReady } from '../daemon-ready.ts'
import { groupOf } from '../launch/group-of.ts'
import type { Context } from '../launch/context.ts'
import { chooseStage } from '../launch/launcher-settings.ts'
import { sendVolumes, startLauncher } from '../launch/launcher.ts'
import { mapIdsScript } from '../launch/map-ids-script.ts'
import { memoryView, volumePlaces } from '../launch/place.ts'
import { gvisorRange } from '../machine/id-range.ts'
import { unless } from '../map-error.ts'
import type { RunningRecord, StartedRecord } from '../record/record.ts'
import { sandboxDirectory, writeRecord } from '../record/store.ts'
import { volumesOf } from '../volumes/in-use.ts'
import { volumesLock } from '../volumes/lock.ts'
import { volumeImage } from '../volumes/volume.ts'
import { checkpointFolder } from './checkpoint.ts'
import { groupLimits } from './limits.ts'
import { container, findGofer, runscSwitches } from './runsc.ts'
import type { Wake } from './wake.ts'

/**
 * Lets a sandbox go on from what is written down in its folder, beside its disk. Resolves when its daemon answers; what was written down is gone then. When it
 * rejects, the caller sees to what runs.
 */
export async function restore(
  context: Context,
  record: StartedRecord,
  wake: Wake,
  signal: AbortSignal,
): Promise<RunningRecord> {
  const { machine, store } = context
  const directory = sandboxDirectory(store, record.id)
  const group = groupOf(context, record)
  if (group === undefined) throw new Error('a gVisor sandbox has a control group')
  await createGroup(group)
  limitGroup(group, groupLimits(record.resources))

  const rootfs = await unless(readlink(join(store.root, 'layers', record.layer, 'rootfs')), 'ENOENT')
  const stage = chooseStage([store.root, machine.daemonDirectory, machine.init, rootfs ?? '/usr'])
  const config = context.configure(specOf(record), {
    id: record.id,
    idBase: gvisorRange.base,
    idCount: gvisorRange.count,
    rootfs: `${stage}/root`,
    hostUsr: rootfs === undefined,
    daemonDirectory: `${stage}/daemon`,
    init: machine.init,
    runDirectory: `${stage}/run`,
    egressDirectory: `${stage}/egress`,
    sudo: false,
    volumes: volumePlaces(stage, record.volumes),
    memoryView: memoryView(group),
  })
  await writeFile(join(directory, 'config.json'), JSON.stringify(config), { mode: 0o600 })

  const launcher = startLauncher(machine, {
    DIRECTORY: directory,
    STAGE: stage,
    DAEMON: machine.daemonDirectory,
    RUNTIME: machine.runtime.path,
    RUNTIME_OPTIONS: runscSwitches(machine).join(' '),
    CONTAINER: container,
    IMAGE: checkpointFolder(directory),
    LOWER: rootfs === undefined ? 'layer/top' : 'layer/top:layer/rootfs',
    ID_BASE: String(gvisorRange.base),
    ID_COUNT: String(gvisorRange.count),
    MAP_IDS: mapIdsScript,
    VOLUMES_LOCK: volumesLock(store),
    RUN_OWNER: `mode=700,uid=${gvisorRange.base},gid=${gvisorRange.base}`,
    JOIN: joinFiles(group).join(' '),
    LEAVE: leaveFiles(group).join(' '),
  })
  const giveUp = () => launcher.kill()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    signal.throwIfAborted()
    const loopDevice = await launcher.next('prepared')
    sendVolumes(launcher, volumesOf(store, record).map(volumeImage), record.volumes)
    launcher.begin(JSON.stringify(wake))
    const init = identify(Number(await launcher.next('started')))
    if (init === undefined) throw new SandboxError('provider', adapterName, 'the sandbox ended while it went on')
    const running = { ...record, state: 'running', loopDevice, init, gofer: await findGofer(directory) } as const
    await daemonReady(running, signal)
    writeRecord(store, running)
    await rm(checkpointFolder(directory), { recursive: true, force: true })
    return running
  } catch (error) {
    launcher.kill()
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

function specOf({ resources, egress }: StartedRecord): ResolvedSandboxSpec {
  return sandboxSpecSchema.parse({ resources, egress })
}
