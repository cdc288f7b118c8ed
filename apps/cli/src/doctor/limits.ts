import { bad, type Finding, good, poor } from './finding.ts'
import type { Machine } from './machine.ts'

const needed = ['memory', 'pids', 'cpu', 'freezer'] as const

/** Whether memory, processor time and processes of sandboxes can be limited. */
export async function examineLimits(machine: Machine): Promise<readonly Finding[]> {
  if (machine.platform !== 'linux') return []
  if (machine.uid !== 0) {
    return [
      poor(
        'limits',
        'control groups',
        'only root may make them: sandboxes have no limits on memory and processor time',
        'run Caisson as root',
      ),
    ]
  }
  const mounts = controlGroups((await machine.readText('/proc/self/mountinfo')) ?? '')
  const version1 = needed.map((name) => mounts.find(({ type, options }) => type === 'cgroup' && options.includes(name)))
  const version2 = mounts.find(({ type }) => type === 'cgroup2')
  if (version1.every((mount) => mount !== undefined)) {
    const kind = version2 === undefined ? 'version 1' : 'version 1, with version 2 beside it'
    const closed = await firstClosed(
      machine,
      version1.map(({ path }) => path),
    )
    return [closed === undefined ? good('limits', 'control groups', kind) : cannotMake(closed)]
  }
  const offered = version2 === undefined ? [] : await controllers(machine, version2.path)
  const missing = ['memory', 'pids', 'cpu'].filter((name) => !offered.includes(name))
  if (version2 === undefined || missing.length > 0) {
    const detail = `no one hierarchy offers memory, pids and cpu together (missing: ${missing.join(', ')})`
    const remedy = 'boot with systemd.unified_cgroup_hierarchy=1, or mount these controllers of version 1'
    return [bad('limits', 'control groups', detail, remedy)]
  }
  const closed = await firstClosed(machine, [version2.path])
  return [closed === undefined ? good('limits', 'control groups', 'version 2') : cannotMake(closed)]
}

function cannotMake(path: string): Finding {
  const remedy = 'in a container: give it a writable /sys/fs/cgroup, such as with --privileged or --cgroupns=private'
  return bad('limits', 'control groups', `none can be made below ${path}`, remedy)
}

async function firstClosed(machine: Machine, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (!(await machine.canMakeFolder(path))) return path
  return undefined
}

async function controllers({ readText }: Machine, path: string): Promise<readonly string[]> {
  return ((await readText(`${path}/cgroup.controllers`)) ?? '').trim().split(' ')
}

/** Of `/proc/self/mountinfo`: the mount point is the fifth field; type and options follow a lone "-". */
function controlGroups(mountinfo: string) {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [type = '', , options = ''] = after.split(' ')
    const path = before.split(' ')[4] ?? ''
    return type === 'cgroup' || type === 'cgroup2' ? [{ type, path, options: options.split(',') }] : []
  })
}
