/** What a file's first bytes say that it is. */
export type FileType =
  | 'pdf'
  | 'zip'
  | 'gzip'
  | 'tar'
  | 'rar'
  | 'ole'
  | 'rtf'
  | 'png'
  | 'jpeg'
  | 'gif'
  /** Sound, moving pictures, fonts and rarer pictures: nothing here reads them, and nothing in them runs. */
  | 'media'
  /** Tables and arrays of numbers. */
  | 'data'
  | 'numpy'
  | 'pickle'
  /** Archives that nothing here looks into. */
  | '7z'
  | 'xz'
  | 'bzip2'
  | 'zstd'
  | 'elf'
  | 'pe'
  | 'mach-o'
  | 'class'
  | 'wasm'
  | 'shortcut'
  | 'text'
  | 'unknown'

/** Bytes as Latin-1, from an offset. */
const signatures: readonly (readonly [FileType, string, number?])[] = [
  ['pdf', '%PDF-'],
  ['zip', 'PK\u0003\u0004'],
  ['zip', 'PK\u0005\u0006'],
  ['gzip', '\u001f\u008b\b'],
  ['tar', 'ustar', 257],
  ['ole', '\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1'],
  ['rtf', '{\\rt'],
  ['png', '\u0089PNG'],
  ['jpeg', '\u00ff\u00d8\u00ff'],
  ['gif', 'GIF87a'],
  ['gif', 'GIF89a'],
  ['elf', '\u007fELF'],
  ['mach-o', '\u00cf\u00fa\u00ed\u00fe'],
  ['mach-o', '\u00ce\u00fa\u00ed\u00fe'],
  ['class', '\u00ca\u00fe\u00ba\u00be'],
  ['wasm', '\0asm'],
  ['shortcut', 'L\0\0\0\u0001\u0014\u0002\0'],
  ['7z', '7z\u00bc\u00af\u0027\u001c'],
  ['rar', 'Rar!\u001a\u0007'],
  ['xz', '\u00fd7zXZ'],
  ['zstd', '\u0028\u00b5\u002f\u00fd'],
  ['numpy', '\u0093NUMPY'],
  ['data', 'PAR1'],
  ['data', 'ARROW1'],
  ['data', 'SQLite format 3\0'],
  ['data', '\u0089HDF\r\n'],
  ['media', 'RIFF'],
  ['media', 'ID3'],
  ['media', 'OggS'],
  ['media', 'fLaC'],
  ['media', 'ftyp', 4],
  ['media', 'II*\0'],
  ['media', 'MM\0*'],
  ['media', '\0\0\u0001\0'],
  ['media', 'wOF2'],
  ['media', 'wOFF'],
  ['media', '\0\u0001\0\0\0'],
]

/** Readers of PDF look for its header in this many first bytes. */
const pdfHeaderWithin = 1024
const sample = 8192

export function detectFileType(bytes: Uint8Array): FileType {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const head = buffer.toString('latin1', 0, sample)
  const known = signatures.find(([, signature, offset = 0]) => head.startsWith(signature, offset))
  if (known !== undefined) return known[0]
  if (/^BZh[1-9]/.test(head)) return 'bzip2'
  if (head.slice(0, pdfHeaderWithin).includes('%PDF-')) return 'pdf'
  if (head.startsWith('MZ') && head.slice(0, 128).includes('\0')) return 'pe'
  if (buffer[0] === 0x80 && (buffer[1] ?? 0) >= 2 && (buffer[1] ?? 9) <= 5 && buffer.at(-1) === 0x2e) return 'pickle'
  return head.includes('\0') ? 'unknown' : 'text'
}

const expected: Readonly<Record<string, readonly FileType[]>> = {
  ...extensions('pdf', ['pdf']),
  ...extensions('docx xlsx pptx docm xlsm pptm odt ods odp zip jar whl epub', ['zip']),
  ...extensions('doc xls ppt msg', ['ole']),
  ...extensions('gz tgz', ['gzip']),
  ...extensions('tar', ['tar']),
  ...extensions('jpg jpeg', ['jpeg']),
  ...extensions('png', ['png']),
  ...extensions('gif', ['gif']),
  ...extensions('rtf', ['rtf']),
  ...extensions('7z', ['7z']),
  ...extensions('rar', ['rar']),
  ...extensions('xz', ['xz']),
  ...extensions('wasm', ['wasm']),
  ...extensions('class', ['class']),
  ...extensions('bz2', ['bzip2']),
  ...extensions('txt csv tsv json jsonl md xml html htm svg yaml yml', ['text']),
  ...extensions('py js mjs cjs ts tsx jsx sh bash sql toml ini log', ['text']),
}

function extensions(names: string, types: readonly FileType[]) {
  return Object.fromEntries(names.split(' ').map((name) => [name, types]))
}

export function extensionOf(name: string): string {
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
  return base.includes('.') ? base.slice(base.lastIndexOf('.') + 1).toLowerCase() : ''
}

/** Whether content of this type under such a name is what one would expect. Extensions that are not known fit everything. */
export function fitsExtension(type: FileType, extension: string): boolean {
  return expected[extension]?.includes(type) ?? true
}

export const executables: ReadonlySet<FileType> = new Set(['elf', 'pe', 'mach-o', 'class', 'shortcut'])
/** What runs when somebody opens it, by its name. */
export const executableName = /\.(?:exe|dll|scr|msi|com|bat|cmd|ps1|vbs|vbe|wsf|lnk|hta|desktop|scpt|pif)$/i
