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
  fsetxattr: { args: ['i32', 'ptr', 'ptr', 'u64', 'i32'], returns: 'i32' },
  fremovexattr: { args: ['i32', 'ptr'], returns: 'i32' },
  flistxattr: { args: ['i32', 'ptr', 'u64'], returns: 'i64' },
  llistxattr: { args: ['ptr', 'ptr', 'u64'], returns: 'i64' },
  lgetxattr: { args: ['ptr', 'ptr', 'ptr', 'u64'], returns: 'i64' },
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

/** Longest that the kernel keeps: a list of names, and a value. */
const longestAttributeBytes = 65_536

/** Gives an open file an extended attribute. False: the file system keeps none, or has no room. */
export function setAttribute(descriptor: number, name: string, value: string): boolean {
  const bytes = new TextEncoder().encode(value)
  // An empty buffer has no address.
  return libc.fsetxattr(descriptor, ptr(zeroEnded(name)), ptr(zeroEnded(value)), bytes.byteLength, 0) === 0
}

export function removeAttribute(descriptor: number, name: string): void {
  libc.fremovexattr(descriptor, ptr(zeroEnded(name)))
}

/** Names of the extended attributes of an open file. */
export function attributesOf(descriptor: number): readonly string[] {
  if (Number(libc.flistxattr(descriptor, null, 0)) <= 0) return []
  const list = new Uint8Array(longestAttributeBytes)
  return splitNames(list, Number(libc.flistxattr(descriptor, ptr(list), list.byteLength)))
}

/** The extended attributes of a path itself whose names begin with `prefix`, without it. A link is not followed. */
export function readAttributes(path: string, prefix: string): Readonly<Record<string, string>> {
  const at = zeroEnded(path)
  // Nearly no file has any: to ask for the size alone costs least.
  if (Number(libc.llistxattr(ptr(at), null, 0)) <= 0) return {}
  const list = new Uint8Array(longestAttributeBytes)
  const names = splitNames(list, Number(libc.llistxattr(ptr(at), ptr(list), list.byteLength)))
  const found: Record<string, string> = {}
  for (const name of names) {
    if (!name.startsWith(prefix)) continue
    const size = Number(libc.lgetxattr(ptr(at), ptr(zeroEnded(name)), ptr(list), list.byteLength))
    if (size >= 0) found[name.slice(prefix.length)] = new TextDecoder().decode(list.subarray(0, size))
  }
  return found
}

function splitNames(list: Uint8Array, size: number): readonly string[] {
  if (size <= 0) return []
  return new TextDecoder()
    .decode(list.subarray(0, size))
    .split('\0')
    .filter((name) => name !== '')
}

function zeroEnded(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`)
}
