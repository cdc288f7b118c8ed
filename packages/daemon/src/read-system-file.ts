import { closeSync, openSync, readSync } from 'node:fs'

const room = Buffer.alloc(4096)

/** The beginning of a file that the kernel makes up, for those that are short and read often; undefined when it cannot be read. */
export function readSystemFile(path: string): string | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, 'r')
    return room.toString('latin1', 0, readSync(descriptor, room))
  } catch {
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
