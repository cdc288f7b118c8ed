interface CgroupMount {
  readonly path: string
  readonly type: 'cgroup' | 'cgroup2'
  readonly options: readonly string[]
}

const notControllers = new Set(['rw', 'ro', 'relatime', 'xattr', 'clone_children', 'noprefix'])

/** The cgroup mounts among the lines of /proc/self/mountinfo. */
export function parseMounts(mountinfo: string): readonly CgroupMount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ')
    const path = before?.split(' ')[4]
    const [type, , superOptions] = after?.split(' ') ?? []
    if (path === undefined || superOptions === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return []
    return [{ path, type, options: superOptions.split(',').filter((option) => !notControllers.has(option)) }]
  })
}
