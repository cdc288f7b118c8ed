import type { Observation } from '../report.ts'
import { executableName } from './file-type.ts'

/** A file in an archive, as its directory tells. */
export interface ArchiveEntry {
  readonly name: string
  /** A link or a device: something else than content of its own. */
  readonly isLink: boolean
}

/** What the names and kinds of an archive's files say of what unpacking it would do. */
export function inspectEntryNames(entries: readonly ArchiveEntry[]): readonly Observation[] {
  return [
    ...first(entries, ({ name }) => /^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)/.test(name), {
      code: 'archive.path-traversal',
      severity: 'hostile',
      message: 'A file of it would be unpacked outside the directory.',
    }),
    ...first(entries, ({ isLink }) => isLink, {
      code: 'archive.link',
      severity: 'risky',
      message: 'It contains a link or a device.',
    }),
    ...first(entries, ({ name }) => /\.(?:zip|jar|7z|rar|gz|tgz|xz|bz2|zst|tar)$/i.test(name), {
      code: 'archive.nested',
      severity: 'info',
      message: 'It contains another archive.',
    }),
    ...first(entries, ({ name }) => executableName.test(name), {
      code: 'file.executable',
      severity: 'risky',
      message: 'It contains a program.',
    }),
  ]
}

/** The observation with the first entry that it holds for. */
export function first<Entry extends ArchiveEntry>(
  entries: readonly Entry[],
  test: (entry: Entry) => boolean,
  observation: Observation,
): readonly Observation[] {
  const entry = entries.find(test)
  return entry === undefined ? [] : [{ ...observation, seen: entry.name }]
}
