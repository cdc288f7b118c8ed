import { dlopen, ptr } from 'bun:ffi'

const { symbols: libc } = dlopen('libc.so.6', {
  socketpair: { args: ['i32', 'i32', 'i32', 'ptr'], returns: 'i32' },
  sendmsg: { args: ['i32', 'ptr', 'i32'], returns: 'i64' },
})

const unixFamily = 1
const stream = 1
const closeOnExec = 0o2000000
const doNotSignal = 0x4000

/** Two sockets that lead to each other. Undefined when descriptors ran out. */
export function openSocketPair(): readonly [number, number] | undefined {
  const ends = new Int32Array(2)
  if (libc.socketpair(unixFamily, stream | closeOnExec, 0, ptr(ends)) !== 0) return undefined
  return [ends[0] ?? -1, ends[1] ?? -1]
}

/** Sends a short text and copies of descriptors. False when the other side is gone. */
export function sendDescriptors(socket: number, text: string, descriptors: readonly number[]): boolean {
  const bytes = new TextEncoder().encode(text)
  const vector = new BigUint64Array([BigInt(ptr(bytes)), BigInt(bytes.byteLength)])
  const control = new Uint8Array(Math.ceil((16 + 4 * descriptors.length) / 8) * 8)
  const fields = new DataView(control.buffer)
  fields.setBigUint64(0, BigInt(16 + 4 * descriptors.length), true)
  fields.setInt32(8, 1, true)
  fields.setInt32(12, 1, true)
  descriptors.forEach((descriptor, index) => fields.setInt32(16 + 4 * index, descriptor, true))
  const carries = descriptors.length > 0
  const header = new BigUint64Array([
    0n,
    0n,
    BigInt(ptr(vector)),
    1n,
    carries ? BigInt(ptr(control)) : 0n,
    carries ? BigInt(control.byteLength) : 0n,
    0n,
  ])
  return Number(libc.sendmsg(socket, ptr(header), doNotSignal)) === bytes.byteLength
}
