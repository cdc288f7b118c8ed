import { dlopen, ptr } from 'bun:ffi'

const closeOnExec = 0o2000000
const nonBlocking = 0o4000

const { symbols: libc } = dlopen('libc.so.6', {
  setgroups: { args: ['u64', 'ptr'], returns: 'i32' },
  prctl: { args: ['i32', 'u64', 'u64', 'u64', 'u64'], returns: 'i32' },
  pipe2: { args: ['ptr', 'i32'], returns: 'i32' },
  fcntl: { args: ['i32', 'i32', 'i64'], returns: 'i32' },
  inotify_init1: { args: ['i32'], returns: 'i32' },
  inotify_add_watch: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
  inotify_rm_watch: { args: ['i32', 'i32'], returns: 'i32' },
})

/** Gives up all supplementary groups. False when the process has no right to. */
export function dropGroups(): boolean {
  return libc.setgroups(0, null) === 0
}

/** From now on no program started by this process can gain privileges by being set-uid. */
export function forbidNewPrivileges(): void {
  libc.prctl(38, 1, 0, 0, 0)
}

/** Keeps other processes from reading this one's memory or descriptors through `/proc`. */
export function forbidTracing(): void {
  libc.prctl(4, 0, 0, 0, 0)
}

export interface Pipe {
  readonly read: number
  readonly write: number
}

/** A pipe of which `ours` is the end that never blocks. Undefined when descriptors ran out. */
export function openPipe(ours: keyof Pipe): Pipe | undefined {
  const ends = new Int32Array(2)
  if (libc.pipe2(ptr(ends), closeOnExec) !== 0) return undefined
  const pipe = { read: ends[0] ?? -1, write: ends[1] ?? -1 }
  libc.fcntl(pipe[ours], 4, nonBlocking)
  return pipe
}

/** A descriptor on which the kernel reports file events, or a negative number. */
export function openInotify(): number {
  return libc.inotify_init1(closeOnExec | nonBlocking)
}

/** A watch descriptor, or a negative number when the directory is gone or not readable. */
export function addInotifyWatch(descriptor: number, path: string, mask: number): number {
  return libc.inotify_add_watch(descriptor, ptr(new TextEncoder().encode(`${path}\0`)), mask)
}

export function removeInotifyWatch(descriptor: number, watch: number): void {
  libc.inotify_rm_watch(descriptor, watch)
}
