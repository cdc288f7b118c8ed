/** A text stream of a kernel, in which the kernel leaves a mark before every event. */
export interface TextStream {
  /** Takes bytes; tells the text in them and how many marks they completed, in order. */
  readonly push: (bytes: Uint8Array) => void
  /** No mark is on its way: tells what was held back because one could have begun with it. */
  readonly release: () => void
  /** No more bytes will come: tells what was held back. */
  readonly end: () => void
  /** Marks seen so far. */
  readonly marks: number
}

/**
 * Parts text from marks. What could be the beginning of a mark is held back until it is known; a character that is cut by a read is held
 * back, too. Bytes that are no UTF-8 become replacement characters.
 */
export function createTextStream(mark: Uint8Array, onText: (text: string) => void): TextStream {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const needle = Buffer.from(mark)
  let held: Buffer = Buffer.alloc(0)
  let marks = 0

  function tell(bytes: Buffer): void {
    const text = decoder.decode(bytes, { stream: true })
    if (text !== '') onText(text)
  }

  function release(): void {
    if (held.byteLength === 0) return
    tell(held)
    held = Buffer.alloc(0)
  }

  return {
    get marks() {
      return marks
    },
    push: (bytes) => {
      let data =
        held.byteLength === 0
          ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
          : Buffer.concat([held, bytes])
      for (let at = data.indexOf(needle); at !== -1; at = data.indexOf(needle)) {
        tell(data.subarray(0, at))
        marks += 1
        data = data.subarray(at + needle.byteLength)
      }
      const start = data.byteLength - heldLength(data, needle)
      tell(data.subarray(0, start))
      held = Buffer.from(data.subarray(start))
    },
    release,
    end: () => {
      release()
      const rest = decoder.decode()
      if (rest !== '') onText(rest)
    },
  }
}

/** Length of the longest end of `data` with which `needle` begins. */
function heldLength(data: Buffer, needle: Buffer): number {
  for (let length = Math.min(needle.byteLength - 1, data.byteLength); length > 0; length -= 1)
    if (data.subarray(data.byteLength - length).equals(needle.subarray(0, length))) return length
  return 0
}
