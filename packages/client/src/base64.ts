const pieceBytes = 0x8000

export function encodeBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let start = 0; start < bytes.byteLength; start += pieceBytes) {
    binary += String.fromCharCode(...bytes.subarray(start, start + pieceBytes))
  }
  return btoa(binary)
}

export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
