import { mib } from '@caisson/core'
import type { Observation } from '../report.ts'
import { readSmallEntry, readZipDirectory, type ZipDirectory, type ZipEntry } from './zip.ts'

const maxEntries = 10_000
const maxTotalBytes = 512 * mib
const maxRatio = 100
/** Small files compress as they like. */
const ratioCountsAbove = 10 * mib
const maxRelationsBytes = 256 * 1024
const maxRelations = 32

/** An archive, or a document that is one (DOCX, XLSX, ODT …), judged by its directory. */
export function inspectZip(bytes: Uint8Array): readonly Observation[] {
  const directory = readZipDirectory(bytes)
  if (directory === undefined) {
    return [{ code: 'file.malformed', severity: 'risky', message: 'The archive has no directory.' }]
  }
  const { entries } = directory
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
    ...inspectSizes(directory, bytes.byteLength),
    ...inspectEntries(entries),
    ...inspectOffice(bytes, entries),
  ]
}

function inspectSizes({ entries, entryCount }: ZipDirectory, fileBytes: number): readonly Observation[] {
  const total = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const packed = entries.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0)
  const bomb = (message: string): Observation => ({ code: 'archive.bomb', severity: 'hostile', message })
  if (entryCount > maxEntries) return [bomb(`It holds ${entryCount} files.`)]
  if (total > maxTotalBytes) return [bomb(`It unpacks to ${total} bytes.`)]
  if (total > ratioCountsAbove && total / Math.max(1, fileBytes) > maxRatio) {
    return [bomb(`It unpacks to ${Math.round(total / Math.max(1, fileBytes))} times its size.`)]
  }
  if (packed > fileBytes) return [bomb('Its files overlap: they claim more packed bytes than there are.')]
  return []
}

function inspectEntries(entries: readonly ZipEntry[]): readonly Observation[] {
  return [
    ...first(entries, ({ name }) => /^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)/.test(name), {
      code: 'archive.path-traversal',
      severity: 'hostile',
      message: 'A file of it would be unpacked outside the directory.',
    }),
    ...first(entries, ({ isLink }) => isLink, {
      code: 'archive.link',
      severity: 'risky',
      message: 'It contains a symbolic link.',
    }),
    ...first(entries, ({ encrypted }) => encrypted, {
      code: 'archive.encrypted',
      severity: 'risky',
      message: 'It is encrypted, so what it contains is not known.',
    }),
    ...first(entries, ({ name }) => /\.(?:zip|jar|7z|rar|gz|tgz|xz|bz2)$/i.test(name), {
      code: 'archive.nested',
      severity: 'info',
      message: 'It contains another archive.',
    }),
    ...first(entries, ({ name }) => /\.(?:exe|dll|scr|msi|com|bat|cmd|ps1|vbs|lnk|hta)$/i.test(name), {
      code: 'file.executable',
      severity: 'risky',
      message: 'It contains a program.',
    }),
  ]
}

function inspectOffice(bytes: Uint8Array, entries: readonly ZipEntry[]): readonly Observation[] {
  if (!entries.some(({ name }) => name === '[Content_Types].xml' || name === 'mimetype')) return []
  return [
    ...first(entries, ({ name }) => /(?:^|\/)vbaProject\.bin$|(?:^|\/)activeX\/|^Basic\/|^Scripts\//i.test(name), {
      code: 'document.macro',
      severity: 'risky',
      message: 'The document contains macros.',
    }),
    ...first(entries, ({ name }) => /(?:^|\/)embeddings\/|^ObjectReplacements\//i.test(name), {
      code: 'document.embedded-file',
      severity: 'risky',
      message: 'The document contains other files.',
    }),
    ...first(
      entries.filter(({ name }) => name.endsWith('.rels')).slice(0, maxRelations),
      (entry) => loadsFromOutside(readSmallEntry(bytes, entry, maxRelationsBytes) ?? ''),
      {
        code: 'document.external',
        severity: 'risky',
        message: 'The document loads something from elsewhere when it is opened.',
      },
    ),
  ]
}

/** A link that a reader may follow is external too, and harmless. */
function loadsFromOutside(relations: string): boolean {
  return [...relations.matchAll(/<Relationship\b[^>]{0,4096}>/g)].some(
    ([relation]) => /TargetMode\s*=\s*["']External["']/i.test(relation) && !/\/hyperlink["']/i.test(relation),
  )
}

function first(
  entries: readonly ZipEntry[],
  test: (entry: ZipEntry) => boolean,
  observation: Observation,
): readonly Observation[] {
  const entry = entries.find(test)
  return entry === undefined ? [] : [{ ...observation, seen: entry.name }]
}
