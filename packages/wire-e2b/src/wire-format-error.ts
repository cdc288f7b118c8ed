/** The other side broke the protocol: a frame, a length, a JSON text or a shape is not what it must be. */
export class WireFormatError extends Error {
  override readonly name = 'WireFormatError'
}
