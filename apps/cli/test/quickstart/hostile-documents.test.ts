import { crc32, inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { scriptedPdf, zipBomb } from '../../src/quickstart/hostile-documents.ts'

/** The entries as an unpacker finds them: from the directory at the end. */
function unpack(archive: Buffer) {
  const end = archive.lastIndexOf('PK\x05\x06')
  let position = archive.readUInt32LE(end + 16)
  return Array.from({ length: archive.readUInt16LE(end + 10) }, () => {
    const [crc, packed, size, nameLength] = [16, 20, 24]
      .map((at) => archive.readUInt32LE(position + at))
      .concat(archive.readUInt16LE(position + 28)) as [number, number, number, number]
    const local = archive.readUInt32LE(position + 42)
    const name = archive.toString('latin1', position + 46, position + 46 + nameLength)
    const start = local + 30 + archive.readUInt16LE(local + 26)
    position += 46 + nameLength
    const content = inflateRawSync(archive.subarray(start, start + packed))
    return { name, intact: content.byteLength === size && crc32(content) === crc, size }
  })
}

test('the bomb is a well-formed archive that unpacks to hundreds of times its size', () => {
  const bomb = Buffer.from(zipBomb(4_000_000))
  const entries = unpack(bomb)
  expect(entries.map(({ name, intact }) => ({ name, intact }))).toEqual([
    { name: '[Content_Types].xml', intact: true },
    { name: 'word/document.xml', intact: true },
  ])
  const size = entries.reduce((total, entry) => total + entry.size, 0)
  expect(size).toBeGreaterThan(4_000_000)
  expect(size / bomb.byteLength).toBeGreaterThan(500)
})

test('every object of the scripted PDF stands where its cross-reference table says', () => {
  const file = Buffer.from(scriptedPdf('harmless')).toString('latin1')
  const start = Number(/startxref\n(\d+)/.exec(file)?.[1])
  expect(file.slice(start, start + 4)).toBe('xref')
  const offsets = [...file.matchAll(/^(\d{10}) 00000 n/gm)].map((match) => Number(match[1]))
  expect(offsets.map((offset) => file.slice(offset, offset + 7))).toEqual(
    [1, 2, 3, 4, 5, 6, 7].map((number) => `${number} 0 obj`),
  )
  expect(file).toContain('/S /JavaScript')
  expect(file).toContain('/S /Launch')
})
