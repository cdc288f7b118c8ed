import { concatBytes } from '@caisson/core'
import { WireFormatError } from './wire-format-error.ts'

/** The lines of a stream. One that is longer than it may be ends it with a `WireFormatError`. */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<Uint8Array, void> {
  let parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      yield concatBytes([...parts, chunk.subarray(start, end)])
      parts = []
      size = 0
      start = end + 1
    }
    if (start === chunk.byteLength) continue
    parts.push(chunk.subarray(start))
    size += chunk.byteLength - start
    if (size > maxLineBytes) throw new WireFormatError(`a line exceeds ${maxLineBytes} bytes`)
  }
  if (size > 0) yield concatBytes(parts)
}
