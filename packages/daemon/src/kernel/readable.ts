import { dlopen, ptr } from 'bun:ffi'

const { symbols: libc } = dlopen('libc.so.6', { poll: { args: ['ptr', 'u64', 'i32'], returns: 'i32' } })

const readable = 1
const entryBytes = 8

/** Asks which of some descriptors have bytes waiting, without waiting for any. Calling it gives those. */
export function createReadableCheck(descriptors: readonly number[]): () => readonly number[] {
  const entries = new DataView(new ArrayBuffer(descriptors.length * entryBytes))
  descriptors.forEach((descriptor, index) => {
    entries.setInt32(index * entryBytes, descriptor, true)
    entries.setInt16(index * entryBytes + 4, readable, true)
  })
  const address = ptr(entries)
  return () => {
    if (libc.poll(address, descriptors.length, 0) <= 0) return []
    return descriptors.filter((_, index) => (entries.getInt16(index * entryBytes + 6, true) & readable) !== 0)
  }
}
