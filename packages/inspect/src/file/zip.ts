import { inflateRawSync } from 'node:zlib'
import { isTooLarge } from './too-large.ts'

export interface ZipEntry {
  readonly name: string
  readonly compressedBytes: number
  readonly sizeBytes: number
  readonly encrypted: boolean
  readonly isLink: boolean
  readonly method: number
  readonly localOffset: number
}

export interface ZipDirectory {
  readonly entries: readonly ZipEntry[]
  /** As the archive itself says; may be more than the entries read. */
  readonly entryCount: number
  /** Bytes that stand before the archive proper. */
  readonly prefixBytes: number
  /** Whether the directory is broken or was too long to be read whole. */
  readonly damaged: boolean
}

const endSignature = 0x06_05_4b_50
const endLength = 22
const entrySignature = 0x02_01_4b_50
const entryLength = 46
const maxCommentBytes = 65_535
const maxEntries = 20_000

/** Reads the central directory, and nothing else: no byte of the content is unpacked. `undefined`: there is none. */
export function readZipDirectory(input: Uint8Array): ZipDirectory | undefined {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  const end = findEnd(bytes)
  if (end === undefined) return undefined
  const entryCount = bytes.readUInt16LE(end + 10)
  const directoryBytes = bytes.readUInt32LE(end + 12)
  const directoryOffset = bytes.readUInt32LE(end + 16)
  // Where the directory really is, against where the archive says: the difference is what was put in front.
  const prefixBytes = Math.max(0, end - directoryBytes - directoryOffset)

  const entries: ZipEntry[] = []
  let offset = directoryOffset + prefixBytes
  while (entries.length < maxEntries && offset + entryLength <= end && bytes.readUInt32LE(offset) === entrySignature) {
    const nameBytes = bytes.readUInt16LE(offset + 28)
    const next = offset + entryLength + nameBytes + bytes.readUInt16LE(offset + 30) + bytes.readUInt16LE(offset + 32)
    entries.push({
      name: bytes.toString('utf8', offset + entryLength, offset + entryLength + nameBytes),
      compressedBytes: bytes.readUInt32LE(offset + 20),
      sizeBytes: bytes.readUInt32LE(offset + 24),
      encrypted: (bytes.readUInt16LE(offset + 8) & 1) === 1,
      isLink: bytes.readUInt32LE(offset + 38) >>> 28 === 0xa,
      method: bytes.readUInt16LE(offset + 10),
      localOffset: bytes.readUInt32LE(offset + 42) + prefixBytes,
    })
    offset = next
  }
  return { entries, entryCount, prefixBytes, damaged: entries.length < entryCount }
}

function findEnd(bytes: Buffer): number | undefined {
  const lowest = Math.max(0, bytes.byteLength - endLength - maxCommentBytes)
  for (let offset = bytes.byteLength - endLength; offset >= lowest; offset--) {
    if (bytes.readUInt32LE(offset) === endSignature) return offset
  }
  return undefined
}

export type Unpacked =
  | { readonly kind: 'content'; readonly content: Buffer }
  /** More than the directory says, which nobody does by mistake. */
  | { readonly kind: 'larger-than-told' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'damaged' }

/** The content of an entry that is not encrypted, if it is stored or deflated and has at most so many bytes. */
export function unpackEntry(input: Uint8Array, entry: ZipEntry, maxBytes: number): Unpacked {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  const { localOffset, compressedBytes, sizeBytes, method } = entry
  if (localOffset + 30 > bytes.byteLength) return { kind: 'damaged' }
  if (sizeBytes > maxBytes) return { kind: 'too-large' }
  const start = localOffset + 30 + bytes.readUInt16LE(localOffset + 26) + bytes.readUInt16LE(localOffset + 28)
  const packed = bytes.subarray(start, start + compressedBytes)
  if (method === 0) return { kind: 'content', content: packed }
  if (method !== 8) return { kind: 'damaged' }
  try {
    return { kind: 'content', content: inflateRawSync(packed, { maxOutputLength: Math.max(1, sizeBytes) }) }
  } catch (error) {
    return { kind: isTooLarge(error) ? 'larger-than-told' : 'damaged' }
  }
}
