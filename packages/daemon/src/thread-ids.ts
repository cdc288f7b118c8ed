import { dlopen, ptr } from 'bun:ffi'

const { symbols: libc } = dlopen('libc.so.6', {
  setfsuid: { args: ['u32'], returns: 'i32' },
  setfsgid: { args: ['u32'], returns: 'i32' },
  syscall: { args: ['i64', 'i64', 'i64', 'i64'], returns: 'i64' },
})

const unchanged = 0xffff_ffff

/** gVisor is known by what it does not have. */
export const isGvisor: boolean = libc.setfsuid(unchanged) === -1

/** Sets the ids that file access by this thread is judged by. False when the kernel did not let it. */
export const setFileIds = isGvisor ? setEffectiveIds : setFileSystemIds

function setFileSystemIds(uid: number, gid: number): boolean {
  libc.setfsgid(gid)
  libc.setfsuid(uid)
  return libc.setfsgid(unchanged) === gid && libc.setfsuid(unchanged) === uid
}

const systemCalls = { setresuid: 117, setresgid: 119, capget: 125, capset: 126 } as const

/**
 * gVisor has no ids for file access alone. The effective ones do the same there, once the capabilities to start and end code that go with them are
 * taken up again; the real and the saved ones stay, so that code of that user can neither kill nor trace the daemon. Not through libc's own functions,
 * which set the ids of all threads.
 */
function setEffectiveIds(uid: number, gid: number): boolean {
  const steps: (readonly [number: number, ...values: number[]])[] = [
    // From the user of before to another the way leads through the own one, who may be anybody.
    [systemCalls.setresuid, -1, 0, -1],
    [systemCalls.setresgid, -1, gid, -1],
    [systemCalls.setresuid, -1, uid, -1],
  ]
  const isSet = steps.every(([number, ...values]) => systemCall(number, ...values))
  return isSet && (uid === 0 || keepCapabilities())
}

/** KILL, SETGID and SETUID. */
const neededCapabilities = (1 << 5) | (1 << 6) | (1 << 7)

function keepCapabilities(): boolean {
  // Version 3, of this thread.
  const header = new Uint32Array([0x2008_0522, 0])
  // Effective, permitted, inheritable: of the lower 32 capabilities, and of the upper.
  const sets = new Uint32Array(6)
  if (!systemCall(systemCalls.capget, ptr(header), ptr(sets))) return false
  sets[0] = (sets[1] ?? 0) & neededCapabilities
  return systemCall(systemCalls.capset, ptr(header), ptr(sets))
}

function systemCall(number: number, first = 0, second = 0, third = 0): boolean {
  return libc.syscall(number, first, second, third) === 0n
}
