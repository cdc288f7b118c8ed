import { SandboxError } from '@caisson/core'
import { access, readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { adapterName } from '../adapter-name.ts'
import { findHierarchy, type Hierarchy } from '../cgroup/hierarchy.ts'
import { bootId } from './boot.ts'
import { findProgram } from './find-program.ts'
import type { Machine } from './machine.ts'
import { findPlatform, type Platform } from '../gvisor/platform.ts'
import type { Store } from '../record/store.ts'
import type { Tier } from '../tier.ts'

export interface MachineOptions {
  readonly tier: Tier
  readonly runtime?: 'crun' | 'runc' | undefined
  readonly platform?: Platform | undefined
  /** Where what costs time to find out is written down. */
  readonly store: Store
  readonly daemonDirectory: () => string
}

/** Finds out what the machine offers, and refuses one that cannot hold a sandbox: `runtime-missing` with the remedy. */
export async function inspectMachine(options: MachineOptions): Promise<Machine> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw missing(
      `sandboxes need Linux on x86-64, and this is ${process.platform} on ${process.arch}`,
      'use another adapter',
    )
  }
  await needUserNamespaces()
  const runtime = options.tier === 'gvisor' ? await gvisor(options) : await container(options)
  await need(['unshare'], 'util-linux')
  const init = await need(['tini-static'], 'tini', 'crun.sh')
  const hierarchy = await findHierarchy()
  return {
    runtime,
    init,
    daemonDirectory: options.daemonDirectory(),
    bootId: bootId(),
    unifiedOfHybrid: hierarchy?.version === 1 ? hierarchy.unified : undefined,
    privilege: process.getuid?.() === 0 ? await asRoot(hierarchy) : await asUser(),
  }
}

async function container({ runtime }: MachineOptions): Promise<Machine['runtime']> {
  const path = await need(runtime === undefined ? ['crun', 'runc'] : [runtime], 'crun', 'crun.sh')
  return { name: path.endsWith('/runc') ? 'runc' : 'crun', path }
}

async function gvisor({ platform, store }: MachineOptions): Promise<Machine['runtime']> {
  if (process.getuid?.() !== 0) throw missing('sandboxes of the gVisor tier need root', 'run Caisson as root')
  const path = await need(['runsc'], 'runsc', 'runsc.sh')
  return { name: 'runsc', path, platform: platform ?? (await findPlatform(store, path, bootId())) }
}

async function asRoot(hierarchy: Hierarchy | undefined): Promise<Machine['privilege']> {
  if (hierarchy === undefined) {
    throw missing(
      'no control group hierarchy offers memory, pids and cpu together',
      'boot with cgroup version 2, or mount the memory, pids, cpu and freezer controllers of version 1',
    )
  }
  await access('/dev/loop-control').catch((cause: unknown) => {
    throw missing('the kernel offers no loop devices', 'modprobe loop', cause)
  })
  const mkfs = await need(['mkfs.ext4'], 'e2fsprogs')
  return { kind: 'root', hierarchy, mkfs, perl: await findProgram('perl') }
}

async function asUser(): Promise<Machine['privilege']> {
  await need(['newuidmap'], 'uidmap', 'crun.sh')
  const { username: name, uid } = userInfo()
  const ranges = await readFile('/etc/subuid', 'utf8').catch(() => '')
  const mine = ranges.split('\n').find((line) => line.startsWith(`${uid}:`) || line.startsWith(`${name}:`))
  if (mine === undefined || Number(mine.split(':')[2]) < 65_536) {
    const remedy = `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${name}`
    throw missing('this user has no range of 65,536 subordinate user ids', remedy)
  }
  return { kind: 'rootless' }
}

async function needUserNamespaces(): Promise<void> {
  const most = await readFile('/proc/sys/user/max_user_namespaces', 'latin1').catch(() => '0')
  if (Number(most) > 0) return
  throw missing('the kernel allows no user namespaces', 'sudo sysctl -w user.max_user_namespaces=10000')
}

async function need(names: readonly string[], debianPackage: string, script?: string): Promise<string> {
  const path = await findProgram(...names)
  if (path !== undefined) return path
  const remedy =
    script === undefined ? `sudo apt-get install -y ${debianPackage}` : `sh infra/provision/${script} install`
  throw missing(`${names.join(' or ')} is not installed`, remedy)
}

function missing(message: string, remedy: string, cause?: unknown): SandboxError {
  return new SandboxError('runtime-missing', adapterName, message, { remedy, cause })
}
