import { mib } from '@caisson/core'
import type { Observation } from '../report.ts'
import { first, inspectEntryNames } from './entry-names.ts'
import { detectFileType, executables } from './file-type.ts'
import { inspectOle } from './inspect-document.ts'
import { inspectOfficePart } from './inspect-office-part.ts'
import { readZipDirectory, unpackEntry, type ZipDirectory, type ZipEntry } from './zip.ts'

const maxEntries = 10_000
const maxTotalBytes = 512 * mib
const maxRatio = 100
/** Small files compress as they like. */
const ratioCountsAbove = 10 * mib
/** So much is unpacked to look at it, nested archives included. */
const maxUnpackedBytes = 64 * mib
const maxDepth = 4

/** An archive, or a document that is one (DOCX, XLSX, ODT …). */
export function inspectZip(bytes: Uint8Array): readonly Observation[] {
  return inspectArchive(bytes, { leftBytes: maxUnpackedBytes }, 0)
}

function inspectArchive(bytes: Uint8Array, allowance: { leftBytes: number }, depth: number): readonly Observation[] {
  const directory = readZipDirectory(bytes)
  if (directory === undefined) {
    return [{ code: 'file.malformed', severity: 'risky', message: 'The archive has no directory.' }]
  }
  const { entries } = directory
  const bombs = inspectSizes(directory, bytes.byteLength)
  return [
    ...(directory.damaged
      ? [
          {
            code: 'file.malformed',
            severity: 'risky',
            message: "The archive's directory is damaged or too long.",
          } as const,
        ]
      : []),
    ...bombs,
    ...inspectEntryNames(entries),
    ...first(entries, ({ encrypted }) => encrypted, {
      code: 'archive.encrypted',
      severity: 'risky',
      message: 'It is encrypted, so what it contains is not known.',
    }),
    ...inspectOfficeNames(entries),
    ...(bombs.length === 0 ? inspectContents(bytes, entries, allowance, depth) : []),
  ]
}

function inspectSizes({ entries, entryCount }: ZipDirectory, fileBytes: number): readonly Observation[] {
  const total = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const packed = entries.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0)
  if (entryCount > maxEntries) return [bomb(`It holds ${entryCount} files.`)]
  if (total > maxTotalBytes) return [bomb(`It unpacks to ${total} bytes.`)]
  if (total > ratioCountsAbove && total / Math.max(1, fileBytes) > maxRatio) {
    return [bomb(`It unpacks to ${Math.round(total / Math.max(1, fileBytes))} times its size.`)]
  }
  if (packed > fileBytes) return [bomb('Its files overlap: they claim more packed bytes than there are.')]
  return []
}

/** Unpacks one file after the other, within bounds: what a directory says of its files is worth nothing. */
function inspectContents(
  bytes: Uint8Array,
  entries: readonly ZipEntry[],
  allowance: { leftBytes: number },
  depth: number,
): readonly Observation[] {
  const observations = new Map<string, Observation>()
  const add = (observation: Observation) => {
    if (!observations.has(observation.code)) observations.set(observation.code, observation)
  }
  for (const entry of entries) {
    if (entry.encrypted || entry.sizeBytes === 0) continue
    const unpacked = unpackEntry(bytes, entry, allowance.leftBytes)
    switch (unpacked.kind) {
      case 'content':
        allowance.leftBytes -= unpacked.content.byteLength
        for (const observation of inspectContent(entry, unpacked.content, allowance, depth)) add(observation)
        break
      case 'larger-than-told':
        add({ ...bomb('A file of it unpacks to more than it says.'), seen: entry.name })
        break
      case 'too-large':
        add({
          code: 'inspection.incomplete',
          severity: 'risky',
          message: `Only ${maxUnpackedBytes} bytes of it were unpacked.`,
          seen: entry.name,
        })
        return [...observations.values()]
      case 'damaged':
        add({ code: 'file.malformed', severity: 'risky', message: 'A file of it does not unpack.', seen: entry.name })
        break
    }
  }
  return [...observations.values()]
}

function inspectContent(
  { name }: ZipEntry,
  content: Buffer,
  allowance: { leftBytes: number },
  depth: number,
): readonly Observation[] {
  const type = detectFileType(content)
  if (type === 'zip') {
    if (depth < maxDepth)
      return inspectArchive(content, allowance, depth + 1).filter(({ severity }) => severity !== 'info')
    return [{ ...bomb('It nests archives in archives in archives.'), seen: name }]
  }
  if (executables.has(type)) {
    return [{ code: 'file.executable', severity: 'risky', message: `It contains a program (${type}).`, seen: name }]
  }
  if (type === 'ole') return inspectOle(content).map((observation) => Object.assign({ seen: name }, observation))
  return /\.(?:xml|rels)$/i.test(name) ? inspectOfficePart(name, content.toString('utf8')) : []
}

function inspectOfficeNames(entries: readonly ZipEntry[]): readonly Observation[] {
  if (!entries.some(({ name }) => name === '[Content_Types].xml' || name === 'mimetype')) return []
  const macros = /(?:^|\/)vbaProject\.bin$|(?:^|\/)(?:activeX|macrosheets)\/|^Basic\/|^Scripts\//i
  return [
    ...first(entries, ({ name }) => macros.test(name), {
      code: 'document.macro',
      severity: 'risky',
      message: 'The document contains macros.',
    }),
    ...first(entries, ({ name }) => /(?:^|\/)embeddings\/|^ObjectReplacements\//i.test(name), {
      code: 'document.embedded-file',
      severity: 'risky',
      message: 'The document contains other files.',
    }),
  ]
}

function bomb(message: string): Observation {
  return { code: 'archive.bomb', severity: 'hostile', message }
}
