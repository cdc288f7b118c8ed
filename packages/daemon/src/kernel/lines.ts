/** Longest line that a kernel may say. */
const maxLineBytes = 48 * 1024 * 1024

/** Parts bytes into lines. Throws when a line is longer than a kernel may say. */
export function createLineParser(onLine: (line: string) => void): (bytes: Uint8Array) => void {
  let parts: Buffer[] = []
  let size = 0
  return (bytes) => {
    let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = rest.indexOf(10); at !== -1; at = rest.indexOf(10)) {
      const line = parts.length === 0 ? rest.subarray(0, at) : Buffer.concat([...parts, rest.subarray(0, at)])
      parts = []
      size = 0
      rest = rest.subarray(at + 1)
      onLine(line.toString('utf8'))
    }
    if (rest.byteLength === 0) return
    size += rest.byteLength
    if (size > maxLineBytes) throw new Error(`a kernel said a line of more than ${maxLineBytes} bytes`)
    parts.push(Buffer.from(rest))
  }
}
