import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipMember {
  readonly name: string
  readonly content?: string | Uint8Array
  /** What the directory claims, true or not. */
  readonly claimedSize?: number
  readonly flags?: number
  readonly unixMode?: number
}

const nothing = deflateRawSync('')

/** A ZIP archive with exactly these members. */
export function zipFile(members: readonly ZipMember[], prefix: Uint8Array = Buffer.alloc(0)): Buffer {
  const parts = [prefix]
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content = '', claimedSize, flags = 0, unixMode = 0o100644 } of members) {
    const raw = Buffer.from(content)
    const packed = raw.byteLength === 0 ? nothing : deflateRawSync(raw)
    const size = claimedSize ?? raw.byteLength
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(flags, 2)
    common.writeUInt16LE(8, 4)
    common.writeUInt32LE(crc32(raw), 10)
    common.writeUInt32LE(packed.byteLength, 14)
    common.writeUInt32LE(size, 18)
    common.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, Buffer.from(name), packed])
    const attributes = Buffer.alloc(14)
    attributes.writeUInt32LE(unixMode * 0x1_00_00, 6)
    attributes.writeUInt32LE(offset, 10)
    directory.push(
      Buffer.concat([Buffer.from('PK\u0001\u0002'), Buffer.from([20, 3]), common, attributes, Buffer.from(name)]),
    )
    parts.push(local)
    offset += local.byteLength
  }
  const entries = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(members.length, 4)
  end.writeUInt16LE(members.length, 6)
  end.writeUInt32LE(entries.byteLength, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, entries, Buffer.from('PK\u0005\u0006'), end])
}

const types = { name: '[Content_Types].xml', content: '<Types/>' }

/** A word-processor document with further members. */
export function docxFile(members: readonly ZipMember[] = []): Buffer {
  return zipFile([types, { name: 'word/document.xml', content: '<w:document/>' }, ...members])
}
