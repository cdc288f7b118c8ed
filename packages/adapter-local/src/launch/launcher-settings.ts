import { directories, joinFiles, leaveFiles } from '../cgroup/group.ts'
import { blankDisk } from '../disk/blank-disk.ts'
import { container, runscSwitches } from '../gvisor/runsc.ts'
import type { Machine } from '../machine/machine.ts'
import { runtimeStateDirectory } from '../record/store.ts'
import { volumesLock } from '../volumes/lock.ts'
import type { Template } from '../template/template.ts'
import type { Context } from './context.ts'
import { mapIdsScript } from './map-ids-script.ts'
import type { Claim, Ground } from './prepare.ts'
import { userLimitsScript } from './user-limits.ts'

/** Bytes per inode of an ext4 made with the default settings: the same bound on the number of files holds for a disk in memory. */
const bytesPerInode = 16_384

export function launcherCommand({ privilege }: Machine): readonly string[] {
  const user = privilege.kind === 'root' ? [] : ['--user', '--map-auto', '--map-root-user']
  return ['unshare', ...user, '--mount', '--propagation', 'private']
}

/** A directory to mount the sandbox's folder on: one that everybody may enter and that hides none of these paths. */
export function chooseStage(needed: readonly string[]): string {
  const stages = ['/mnt', '/media', '/srv']
  return stages.find((stage) => needed.every((path) => !`${path}/`.startsWith(`${stage}/`))) ?? '/mnt'
}

function lower({ rootfs, privileges }: Template): string {
  if (rootfs === undefined) return 'layer/top'
  return privileges === 'sudo' ? 'mapped/top:mapped/rootfs' : 'layer/top:layer/rootfs'
}

/** The launcher script's variables. */
export async function launcherSettings(
  { machine, store }: Context,
  { template, diskBytes }: Ground,
  { record, directory, ids, group, stage }: Claim & { readonly stage: string },
): Promise<Readonly<Record<string, string>>> {
  const { privilege, runtime } = machine
  const ownGroup = runtime.name === 'runc'
  return {
    ID: record.id,
    DIRECTORY: directory,
    RUNTIME_STATE: runtimeStateDirectory(store),
    STAGE: stage,
    DAEMON: machine.daemonDirectory,
    RUNTIME: runtime.path,
    RUNTIME_OPTIONS: runtimeOptions(machine),
    // For gVisor: what was in memory, when a sandbox goes on.
    IMAGE: '',
    CONTAINER: container,
    USER_LIMITS: userLimitsScript,
    HOME_DIRECTORY: template.user.home,
    ID_BASE: String(ids.base),
    ID_COUNT: String(ids.count),
    MAP_IDS: mapIdsScript,
    VOLUMES_LOCK: volumesLock(store),
    USER_ID: String(ids.base + template.user.uid),
    LOWER: lower(template),
    // Programs of the image belong to root inside only where its ids are mapped.
    MAP_LAYERS: template.privileges === 'sudo' ? 'top rootfs' : '',
    JOIN: group === undefined || ownGroup ? '' : joinFiles(group).join(' '),
    LEAVE: group === undefined || ownGroup ? '' : leaveFiles(group).join(' '),
    GROUPS_OF_SANDBOX: group === undefined ? '' : directories(group).join(' '),
    // crun 1.8 refuses a machine on which both versions have controllers, even when it is told to leave control groups alone.
    HIDE: (runtime.name === 'crun' ? machine.unifiedOfHybrid : undefined) ?? '',
    DISK_BYTES: String(diskBytes),
    DISK_INODES: String(Math.ceil(diskBytes / bytesPerInode)),
    ...(privilege.kind === 'root'
      ? {
          BLANK_DISK: await blankDisk(store, diskBytes, privilege.mkfs),
          OVERLAY_OPTIONS: template.privileges === 'sudo' ? '' : ',nosuid',
          RUN_OWNER: `mode=700,uid=${ids.base},gid=${ids.base}`,
        }
      : { BLANK_DISK: '', OVERLAY_OPTIONS: ',nosuid,userxattr', RUN_OWNER: `mode=770,uid=0,gid=${ids.base}` }),
  }
}

function runtimeOptions(machine: Machine): string {
  switch (machine.runtime.name) {
    case 'runc':
      return ''
    case 'crun':
      return '--cgroup-manager=disabled'
    case 'runsc':
      return runscSwitches(machine).join(' ')
  }
}
