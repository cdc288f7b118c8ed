import { concatBytes, kib } from '@caisson/core'

/** What a file holds: pieces at their offsets, holes between them. The bytes of a piece never change. */
export interface Content {
  readonly size: number
  readonly pieces: readonly Piece[]
}

interface Piece {
  readonly at: number
  readonly bytes: Uint8Array
}

export const emptyContent: Content = { size: 0, pieces: [] }

/** Shared by everything that delivers zeros; whoever stores a part of it need not copy. */
export const zeros: Uint8Array = new Uint8Array(64 * kib)

export function contentOf(bytes: Uint8Array): Content {
  return writeAt(emptyContent, 0, bytes)
}

/** Bytes that truly take space. */
export function allocatedBytes(content: Content): number {
  return content.pieces.reduce((total, piece) => total + piece.bytes.byteLength, 0)
}

/** Up to `maxBytes` from `offset`; undefined at the end. */
export function readAt(content: Content, offset: number, maxBytes: number): Uint8Array | undefined {
  if (offset >= content.size) return undefined
  const wanted = Math.min(maxBytes, content.size - offset)
  const piece = content.pieces[firstEndingAfter(content.pieces, offset)]
  if (piece === undefined || piece.at > offset) {
    const hole = (piece?.at ?? content.size) - offset
    return zeros.subarray(0, Math.min(wanted, hole, zeros.byteLength))
  }
  return piece.bytes.subarray(offset - piece.at, offset - piece.at + wanted)
}

export function readWhole(content: Content): Uint8Array {
  const parts: Uint8Array[] = []
  let offset = 0
  for (let part = readAt(content, 0, content.size); part !== undefined; part = readAt(content, offset, content.size)) {
    parts.push(part)
    offset += part.byteLength
  }
  return concatBytes(parts)
}

export function writeAt(content: Content, offset: number, bytes: Uint8Array): Content {
  if (bytes.byteLength === 0) return content
  const own = bytes.buffer === zeros.buffer ? bytes : bytes.slice()
  const end = offset + own.byteLength
  const last = content.pieces.at(-1)
  if (last === undefined || last.at + last.bytes.byteLength <= offset) {
    return { size: Math.max(content.size, end), pieces: [...content.pieces, { at: offset, bytes: own }] }
  }
  const pieces: Piece[] = [{ at: offset, bytes: own }]
  for (const { at, bytes: old } of content.pieces) {
    if (at < offset) pieces.push({ at, bytes: old.subarray(0, Math.min(old.byteLength, offset - at)) })
    if (at + old.byteLength > end) pieces.push({ at: Math.max(at, end), bytes: old.subarray(Math.max(0, end - at)) })
  }
  return { size: Math.max(content.size, end), pieces: pieces.sort((left, right) => left.at - right.at) }
}

export function resize(content: Content, size: number): Content {
  const pieces = content.pieces
    .filter((piece) => piece.at < size)
    .map((piece) => ({ at: piece.at, bytes: piece.bytes.subarray(0, size - piece.at) }))
  return { size, pieces }
}

function firstEndingAfter(pieces: readonly Piece[], offset: number): number {
  let low = 0
  let high = pieces.length
  while (low < high) {
    const middle = (low + high) >> 1
    const piece = pieces[middle]
    if (piece !== undefined && piece.at + piece.bytes.byteLength <= offset) low = middle + 1
    else high = middle
  }
  return low
}
