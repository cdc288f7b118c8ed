/**
 * Tables of the kernel that are counted per user namespace, and that one sandbox could otherwise take from the whole machine.
 * A sandbox needs no namespaces of its own.
 */
const userLimits: Readonly<Record<string, number>> = {
  max_inotify_instances: 32,
  max_inotify_watches: 16_384,
  max_fanotify_groups: 0,
  max_user_namespaces: 0,
  max_mnt_namespaces: 0,
  max_net_namespaces: 0,
  max_pid_namespaces: 0,
}

/** Sets them, as a shell script that runs in the user namespace. Tables that this kernel does not have are passed over. */
export const userLimitsScript: string = Object.entries(userLimits)
  .map(([name, value]) => `[ ! -e /proc/sys/user/${name} ] || echo ${value} >/proc/sys/user/${name}`)
  .join(' && ')
