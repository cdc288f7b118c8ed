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

/**
 * What the old kind of shared memory, messages and semaphores may hold. It outlives the programs that made it, and once it filled the memory
 * there would be nobody but the daemon to take. shmall counts pages.
 */
const ipcLimits: Readonly<Record<string, string>> = {
  shmall: '4096',
  msgmni: '32',
  sem: '250 8000 100 32',
}

/**
 * Sets them, as a shell script that runs in the user and the IPC namespace. Tables that this kernel does not have are passed over, and those of the
 * IPC namespace where it lets only root of the machine change them (before 5.19).
 */
export const userLimitsScript: string = [
  ...Object.entries(userLimits).map(
    ([name, value]) => `[ ! -e /proc/sys/user/${name} ] || echo ${value} >/proc/sys/user/${name}`,
  ),
  ...Object.entries(ipcLimits).map(
    ([name, value]) => `[ ! -w /proc/sys/kernel/${name} ] || echo ${value} >/proc/sys/kernel/${name}`,
  ),
].join(' && ')
