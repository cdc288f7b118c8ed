import { concatBytes, type OutputChunk } from '@caisson/core'

export interface Collected {
  readonly bytes: Uint8Array
  /** How often a chunk did not begin where the one before ended. */
  readonly jumps: number
}

/** All output of a process, in order. */
export async function collect(output: ReadableStream<OutputChunk>, fromOffset = 0): Promise<Collected> {
  const parts: Uint8Array[] = []
  let position = fromOffset
  let jumps = 0
  for await (const { offset, bytes } of output) {
    if (offset !== position) jumps += 1
    position = offset + bytes.byteLength
    parts.push(bytes)
  }
  return { bytes: concatBytes(parts), jumps }
}
