import { bad, type Finding, good, poor } from './finding.ts'
import type { Machine } from './machine.ts'

/** What sandboxes of this machine ask of its kernel. */
export async function examineKernel(machine: Machine): Promise<readonly Finding[]> {
  const { platform, architecture } = machine
  if (platform !== 'linux' || architecture !== 'x64') {
    const detail = `${platform} on ${architecture}: sandboxes of this machine need Linux on x86-64`
    return [poor('kernel', 'system', detail, 'use an adapter for sandboxes elsewhere, such as a remote docker')]
  }
  const release = (await machine.readText('/proc/sys/kernel/osrelease'))?.trim() ?? 'unknown'
  return [
    good('kernel', 'system', `Linux ${release} on x86-64`),
    await userNamespaces(machine),
    await seccomp(machine),
    await overlay(machine),
    ...(machine.uid === 0 ? [await loopDevices(machine), await mappedMounts(machine)] : [await ranges(machine)]),
  ]
}

async function userNamespaces({ readText, uid }: Machine): Promise<Finding> {
  const most = Number((await readText('/proc/sys/user/max_user_namespaces')) ?? 0)
  if (most === 0) {
    return bad('kernel', 'user namespaces', 'the kernel allows none', 'sudo sysctl -w user.max_user_namespaces=10000')
  }
  if (uid !== 0) {
    for (const [name, closed] of [
      ['kernel.unprivileged_userns_clone', '0'],
      ['kernel.apparmor_restrict_unprivileged_userns', '1'],
    ] as const) {
      const value = (await readText(`/proc/sys/${name.replaceAll('.', '/')}`))?.trim()
      if (value !== closed) continue
      const remedy = `sudo sysctl -w ${name}=${closed === '0' ? 1 : 0}, or run Caisson as root`
      return bad('kernel', 'user namespaces', `${name} closes them to ordinary users`, remedy)
    }
  }
  return good('kernel', 'user namespaces', `up to ${most}`)
}

async function seccomp({ readText }: Machine): Promise<Finding> {
  const actions = await readText('/proc/sys/kernel/seccomp/actions_avail')
  return actions?.includes('errno') === true
    ? good('kernel', 'seccomp', 'filters are offered')
    : bad('kernel', 'seccomp', 'the kernel offers no filters', 'boot a kernel with CONFIG_SECCOMP_FILTER')
}

async function overlay({ readText }: Machine): Promise<Finding> {
  const known = (await readText('/proc/filesystems'))?.includes('\toverlay\n') === true
  return known
    ? good('kernel', 'overlay', 'layers over templates can be mounted')
    : bad('kernel', 'overlay', 'the kernel does not know this file system', 'sudo modprobe overlay')
}

async function loopDevices({ isThere }: Machine): Promise<Finding> {
  return (await isThere('/dev/loop-control', 'read-write'))
    ? good('kernel', 'loop devices', 'disks of sandboxes can be held to their size')
    : bad('kernel', 'loop devices', '/dev/loop-control cannot be opened', 'sudo modprobe loop')
}

/** Since 5.12, which the release tells; whether a file system can do it only a mount tells. */
async function mappedMounts({ readText }: Machine): Promise<Finding> {
  const [major = 0, minor = 0] = ((await readText('/proc/sys/kernel/osrelease')) ?? '').split('.').map(Number)
  return major > 5 || (major === 5 && minor >= 12)
    ? good('kernel', 'mounts with mapped ids', 'sandboxes can share volumes')
    : poor('kernel', 'mounts with mapped ids', 'this kernel is older than 5.12: no volumes', 'boot a newer kernel')
}

async function ranges({ readText, run, uid }: Machine): Promise<Finding> {
  const user = (await run(['id', '-un'])).stdout.trim()
  const held = ((await readText('/etc/subuid')) ?? '')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === user || name === String(uid))
  return Number(held?.[2] ?? 0) >= 65_536
    ? good('kernel', 'user ids', `${held?.[2]} subordinate ones`)
    : bad(
        'kernel',
        'user ids',
        `${user} has no range of 65,536 subordinate user ids`,
        `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user}`,
      )
}
