/** The pieces as one array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.byteLength, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.byteLength
  }
  return whole
}

/** UTF-8 to bytes. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

/** Bytes to text. Invalid UTF-8 becomes U+FFFD and never throws. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
