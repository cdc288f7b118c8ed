import { kib } from '@caisson/core'
import { createWake } from '../wake.ts'
import { BrokenPipe, type Stream } from './open-file.ts'

const capacityBytes = 64 * kib

/** Two ends of a pipe that holds 64 KiB: a full one makes the writer wait. */
export function createPipe(): { readonly reader: Stream; readonly writer: Stream } {
  const queue: Uint8Array[] = []
  const changed = createWake()
  let size = 0
  let readable = true
  let writable = true

  const isFull = (): boolean => readable && writable && size >= capacityBytes
  const take = (maxBytes: number): Uint8Array | undefined => {
    const first = queue.shift()
    if (first === undefined) return undefined
    const part = first.subarray(0, maxBytes)
    if (part.byteLength < first.byteLength) queue.unshift(first.subarray(maxBytes))
    size -= part.byteLength
    changed.all()
    return part
  }

  return {
    reader: {
      read: async (maxBytes) => {
        for (;;) {
          const part = take(maxBytes)
          if (part !== undefined || !writable || !readable) return part
          await changed.wait()
        }
      },
      write: async () => await Promise.reject(new BrokenPipe('not open for writing')),
      close: () => {
        readable = false
        queue.length = 0
        changed.all()
      },
    },
    writer: {
      read: async () => await Promise.resolve(undefined),
      write: async (bytes) => {
        while (isFull()) await changed.wait()
        if (!readable || !writable) throw new BrokenPipe('nobody reads')
        if (bytes.byteLength === 0) return
        queue.push(bytes)
        size += bytes.byteLength
        changed.all()
      },
      close: () => {
        writable = false
        changed.all()
      },
    },
  }
}
