const programInterpreter = 3

/**
 * Replaces the path of the dynamic loader in a 64-bit little-endian ELF executable, in place: the rest of the file, which Bun finds by
 * its position, stays where it is. The new path must not be longer than the old one.
 */
export function patchInterpreter(executable: Uint8Array, path: string): void {
  const view = new DataView(executable.buffer, executable.byteOffset, executable.byteLength)
  if (view.getUint32(0) !== 0x7f45_4c46 || view.getUint8(4) !== 2 || view.getUint8(5) !== 1)
    throw new Error('not a 64-bit little-endian ELF file')
  const table = Number(view.getBigUint64(0x20, true))
  const entryBytes = view.getUint16(0x36, true)
  for (let index = 0; index < view.getUint16(0x38, true); index += 1) {
    const entry = table + index * entryBytes
    if (view.getUint32(entry, true) !== programInterpreter) continue
    const offset = Number(view.getBigUint64(entry + 8, true))
    const room = Number(view.getBigUint64(entry + 32, true))
    const bytes = new TextEncoder().encode(path)
    if (bytes.byteLength >= room) throw new Error(`'${path}' does not fit into ${room} bytes`)
    executable.fill(0, offset, offset + room)
    executable.set(bytes, offset)
    return
  }
  throw new Error('the file has no dynamic loader')
}
