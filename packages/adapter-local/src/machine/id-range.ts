import { randomInt } from 'node:crypto'

/** The host's user and group ids of one sandbox. Never shared, since the kernel counts some of its tables by user id. */
export interface IdRange {
  readonly base: number
  readonly count: number
}

/** Ids that no distribution gives to anything else (systemd's documentation calls them unused), in ranges as large as the old id space. */
const root = { first: 1_879_048_192, count: 65_536, slots: 4095 }

/**
 * The range behind those, which all gVisor sandboxes share. Their code has no user id on the host, only gVisor's kernel and their files have; so a disk
 * can be copied from one to another as it is.
 */
export const gvisorRange: IdRange = { base: root.first + root.slots * root.count, count: root.count }

/** An ordinary user has 65,536 subordinate ids, of which each sandbox takes what its few users need. */
const rootless = { first: 1, count: 2048, slots: 31 }

export function idRange(slot: number, privilege: 'root' | 'rootless'): IdRange {
  const { first, count } = privilege === 'root' ? root : rootless
  return { base: first + slot * count, count }
}

export function slotOf(base: number, privilege: 'root' | 'rootless'): number {
  const { first, count } = privilege === 'root' ? root : rootless
  return Math.floor((base - first) / count)
}

/** A slot that is not in use, by chance, so that two who choose at once rarely meet. Undefined when there is none. */
export function chooseSlot(used: ReadonlySet<number>, privilege: 'root' | 'rootless'): number | undefined {
  const { slots } = privilege === 'root' ? root : rootless
  const free = Array.from({ length: slots }, (_, slot) => slot).filter((slot) => !used.has(slot))
  return free.length === 0 ? undefined : free[randomInt(free.length)]
}
