import { SandboxError } from '@caisson/core'
import { dialUnixSocket } from '@caisson/daemon-client'
import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { Duplex } from 'node:stream'

/** Linux: a descriptor that names a file without opening it. Node has no constant for it. */
const openAsPath = 0o10000000

/** Whether this process may look into the root directory of that one, and it belongs to the container. */
export function canDialDirect(pid: number, containerId: string): boolean {
  try {
    return withRunDirectory(pid, containerId, () => true)
  } catch {
    return false
  }
}

/** A connection to the daemon's socket through the root directory of a process that runs in the container. */
export function dialDirect(adapter: string, pid: number, containerId: string): Duplex {
  try {
    return withRunDirectory(pid, containerId, (directory) => dialUnixSocket(directory, 'daemon.sock'))
  } catch (error) {
    // Whoever dials hears of it the way that broken connections are heard of.
    const gone = new SandboxError('unavailable', adapter, 'the container cannot be entered', { cause: error })
    return new Duplex({ read: () => undefined }).destroy(gone)
  }
}

/** Opens /run/caisson of a container. No step follows a link, so that nothing in the container can lead the way out of it. */
function withRunDirectory<Result>(pid: number, containerId: string, use: (directory: string) => Result): Result {
  const opened: number[] = []
  const open = (path: string, flags: number): string => {
    const descriptor = openSync(path, openAsPath | constants.O_DIRECTORY | flags)
    opened.push(descriptor)
    return `/proc/self/fd/${descriptor}`
  }
  try {
    const root = open(`/proc/${pid}/root`, 0)
    // Looked at after opening: the pid may be somebody else's by then, what is open stays what it was.
    if (!readFileSync(`/proc/${pid}/cgroup`, 'latin1').includes(containerId))
      throw new Error('the process is another one')
    const run = open(`${root}/run`, constants.O_NOFOLLOW)
    return use(open(`${run}/caisson`, constants.O_NOFOLLOW))
  } finally {
    for (const descriptor of opened) closeSync(descriptor)
  }
}
