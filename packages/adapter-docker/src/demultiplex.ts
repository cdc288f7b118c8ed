/** Where the pieces go. */
export interface Outputs {
  readonly stdout: (bytes: Buffer) => void
  readonly stderr: (bytes: Buffer) => void
}

const headerBytes = 8

/**
 * Takes the engine's stream apart, in which each piece follows a header of eight bytes: stream, three zeros, length. Both may be split anywhere.
 * Bytes are passed on as they come and never gathered. A header of another form throws.
 */
export function createDemultiplexer({ stdout, stderr }: Outputs): (chunk: Buffer) => void {
  let header = Buffer.alloc(0)
  let output = stdout
  let left = 0
  return (chunk) => {
    let rest = chunk
    while (rest.byteLength > 0) {
      if (left === 0) {
        const missing = headerBytes - header.byteLength
        header = Buffer.concat([header, rest.subarray(0, missing)])
        rest = rest.subarray(missing)
        if (header.byteLength < headerBytes) return
        output = outputOf(header, { stdout, stderr })
        left = header.readUInt32BE(4)
        header = Buffer.alloc(0)
      } else {
        const piece = rest.subarray(0, left)
        rest = rest.subarray(piece.byteLength)
        left -= piece.byteLength
        output(piece)
      }
    }
  }
}

function outputOf(header: Buffer, { stdout, stderr }: Outputs): (bytes: Buffer) => void {
  if (header.readUIntBE(1, 3) === 0) {
    if (header[0] === 1) return stdout
    if (header[0] === 2) return stderr
  }
  throw new Error(`not a header of the engine's streams: ${header.toString('hex')}`)
}
