/** What a file's first bytes say that it is. */
export type FileType =
  | 'pdf'
  | 'zip'
  | 'gzip'
  | 'ole'
  | 'rtf'
  | 'png'
  | 'jpeg'
  | 'gif'
  | 'elf'
  | 'pe'
  | 'mach-o'
  | 'class'
  | 'wasm'
  | '7z'
  | 'rar'
  | 'xz'
  | 'bzip2'
  | 'text'
  | 'unknown'

const signatures: readonly (readonly [FileType, readonly number[]])[] = [
  ['pdf', [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zip', [0x50, 0x4b, 0x05, 0x06]],
  ['gzip', [0x1f, 0x8b]],
  ['ole', [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]],
  ['rtf', [0x7b, 0x5c, 0x72, 0x74, 0x66]],
  ['png', [0x89, 0x50, 0x4e, 0x47]],
  ['jpeg', [0xff, 0xd8, 0xff]],
  ['gif', [0x47, 0x49, 0x46, 0x38]],
  ['elf', [0x7f, 0x45, 0x4c, 0x46]],
  ['pe', [0x4d, 0x5a]],
  ['mach-o', [0xcf, 0xfa, 0xed, 0xfe]],
  ['class', [0xca, 0xfe, 0xba, 0xbe]],
  ['wasm', [0x00, 0x61, 0x73, 0x6d]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['rar', [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['bzip2', [0x42, 0x5a, 0x68]],
]

/** Readers of PDF look for its header in this many first bytes. */
const pdfHeaderWithin = 1024
const sample = 8192

export function detectFileType(bytes: Uint8Array): FileType {
  const known = signatures.find(([, signature]) => signature.every((byte, index) => bytes[index] === byte))
  if (known !== undefined) return known[0]
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, sample))
  if (head.subarray(0, pdfHeaderWithin).includes('%PDF-')) return 'pdf'
  return head.includes(0) ? 'unknown' : 'text'
}

const expected: Readonly<Record<string, readonly FileType[]>> = {
  pdf: ['pdf'],
  ...forAll(
    ['docx', 'xlsx', 'pptx', 'docm', 'xlsm', 'pptm', 'odt', 'ods', 'odp', 'zip', 'jar', 'whl', 'epub'],
    ['zip'],
  ),
  ...forAll(['doc', 'xls', 'ppt', 'msg'], ['ole']),
  ...forAll(['gz', 'tgz'], ['gzip']),
  ...forAll(['jpg', 'jpeg'], ['jpeg']),
  ...forAll(['png', 'gif', 'rtf', '7z', 'rar', 'xz', 'wasm', 'class'] as const, undefined),
  bz2: ['bzip2'],
  ...forAll(['txt', 'csv', 'tsv', 'json', 'jsonl', 'md', 'xml', 'html', 'htm', 'svg', 'yaml', 'yml'], ['text']),
  ...forAll(['py', 'js', 'mjs', 'cjs', 'ts', 'sh', 'bash', 'sql', 'toml', 'ini', 'log'], ['text']),
}

function forAll(extensions: readonly string[], types: readonly FileType[] | undefined) {
  return Object.fromEntries(extensions.map((extension) => [extension, types ?? [extension as FileType]]))
}

export function extensionOf(name: string): string {
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
  return base.includes('.') ? base.slice(base.lastIndexOf('.') + 1).toLowerCase() : ''
}

/** Whether content of this type under such a name is what one would expect. Extensions that are not known fit everything. */
export function fitsExtension(type: FileType, extension: string): boolean {
  return expected[extension]?.includes(type) ?? true
}

export const executables: ReadonlySet<FileType> = new Set(['elf', 'pe', 'mach-o', 'class'])
