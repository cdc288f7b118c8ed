import type { Observation } from '../report.ts'
import { type ArchiveEntry, inspectEntryNames } from './entry-names.ts'

const blockBytes = 512
const maxEntries = 20_000

export function isTar(bytes: Buffer): boolean {
  return bytes.toString('latin1', 257, 262) === 'ustar'
}

/** Judged by its headers. Those with long names stand as files of their own before what they name. */
export function inspectTar(input: Uint8Array): readonly Observation[] {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  const entries: ArchiveEntry[] = []
  let offset = 0
  while (offset + blockBytes <= bytes.byteLength && bytes[offset] !== 0 && entries.length < maxEntries) {
    const type = bytes.toString('latin1', offset + 156, offset + 157)
    const sizeBytes = Number.parseInt(bytes.toString('latin1', offset + 124, offset + 136), 8)
    if (!Number.isFinite(sizeBytes) || sizeBytes < 0) {
      return [
        ...inspectEntryNames(entries),
        { code: 'file.malformed', severity: 'risky', message: 'A header of it is damaged.' },
      ]
    }
    const content = offset + blockBytes
    const name = isName(type)
      ? textAt(bytes, content, Math.min(sizeBytes, 4096))
      : [textAt(bytes, offset + 345, 155), textAt(bytes, offset, 100)].filter((part) => part !== '').join('/')
    entries.push({ name, isLink: /[1-6]/.test(type) && type !== '5' })
    offset = content + Math.ceil(sizeBytes / blockBytes) * blockBytes
  }
  return inspectEntryNames(entries)
}

function isName(type: string): boolean {
  return type === 'L' || type === 'K'
}

function textAt(bytes: Buffer, start: number, length: number): string {
  const [text = ''] = bytes.toString('utf8', start, start + length).split('\0')
  return text
}
