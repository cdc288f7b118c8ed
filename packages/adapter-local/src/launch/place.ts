import type { ResolvedSandboxSpec } from '@caisson/core'
import { directoryOf, type Group } from '../cgroup/group.ts'
import type { Machine } from '../machine/machine.ts'
import type { SandboxPlace } from '../oci/place.ts'
import type { MountedVolume } from '../record/record.ts'
import type { Prepared } from './prepare.ts'

/** The prepared ground as the OCI configuration needs to know it. */
export function place(
  machine: Machine,
  { record, ground, ids, group, stage }: Prepared,
  { egress, volumes }: ResolvedSandboxSpec,
): SandboxPlace {
  return {
    id: record.id,
    idBase: ids.base,
    idCount: ids.count,
    rootfs: `${stage}/root`,
    hostUsr: ground.template.rootfs === undefined,
    sudo: ground.template.privileges === 'sudo',
    daemonDirectory: `${stage}/daemon`,
    init: machine.init,
    runDirectory: `${stage}/run`,
    // runc lets nothing be mounted there.
    ownBootId: machine.runtime.name === 'crun',
    // A gVisor sandbox may go on as another one, whose mounts must be the same.
    egressDirectory: egress.mode === 'allow' || machine.runtime.name === 'runsc' ? `${stage}/egress` : undefined,
    volumes: volumePlaces(stage, volumes),
    memoryView: group === undefined ? undefined : memoryView(group),
    ...(group !== undefined && machine.runtime.name === 'runc' ? { cgroup: group.name } : {}),
  }
}

/** Where the launcher shows volumes, in their order. */
export function volumePlaces(
  stage: string,
  volumes: readonly Pick<MountedVolume, 'path' | 'readOnly'>[],
): SandboxPlace['volumes'] {
  return volumes.map(({ path, readOnly }, index) => ({ source: `${stage}/volumes/${index}`, path, readOnly }))
}

/** Where the sandbox sees the figures of its group. */
export function memoryView(group: Group): SandboxPlace['memoryView'] {
  const destination = group.hierarchy.version === 2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory'
  return { source: directoryOf(group, 'memory'), destination }
}
