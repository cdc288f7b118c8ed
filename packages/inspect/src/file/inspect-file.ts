import type { Observation } from '../report.ts'
import { detectFileType, executableName, executables, extensionOf, type FileType, fitsExtension } from './file-type.ts'
import { inspectOle, inspectRtf } from './inspect-document.ts'
import { inspectGzip, inspectRar } from './inspect-gzip.ts'
import { inspectMarkup } from './inspect-markup.ts'
import { inspectPdf } from './inspect-pdf.ts'
import { inspectTar } from './inspect-tar.ts'
import { inspectZip } from './inspect-zip.ts'
import { readZipDirectory } from './zip.ts'

/** What a file is, whether it is what its name says, and what it would do to whoever opens it. */
export function inspectFile(name: string, bytes: Uint8Array): readonly Observation[] {
  if (bytes.byteLength === 0) return []
  const type = detectFileType(bytes)
  return [...inspectClaim(name, type), ...inspectPolyglot(bytes, type), ...inspectContent(bytes, type)]
}

function inspectClaim(name: string, type: FileType): readonly Observation[] {
  const extension = extensionOf(name)
  const fits = fitsExtension(type, extension)
  const seen = name
  return [
    ...(executables.has(type) || executableName.test(name)
      ? [{ code: 'file.executable', severity: 'risky', message: `It is a program (${type}).`, seen } as const]
      : []),
    ...(fits
      ? []
      : [
          {
            code: 'file.type-mismatch',
            severity: 'risky',
            message: `It says .${extension} and is ${type}.`,
            seen,
          } as const,
        ]),
    ...(fits && type === 'unknown'
      ? [{ code: 'file.unknown', severity: 'risky', message: 'Nothing here knows what it is.', seen } as const]
      : []),
  ]
}

/** Code where a picture has its data: what a browser or a server would run if it took it for a page. */
const pageInPicture = /<script\b|<\?php\b|<%[@=]|^GIF8[79]a(?:\/\*|=)/i

/** A file that is two things at once is so for a reason. */
function inspectPolyglot(bytes: Uint8Array, type: FileType): readonly Observation[] {
  if (executables.has(type)) return []
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const polyglot = (other: string): Observation => ({
    code: 'file.polyglot',
    severity: 'hostile',
    message: `It is ${type} and ${other} at once.`,
  })
  // Mail and printers leave lines before a document; pages, scripts and programs are no such lines.
  const before = type === 'pdf' ? buffer.subarray(0, Math.max(0, buffer.indexOf('%PDF-'))).toString('latin1') : ''
  if (/<[!?a-z]|^#!|\0/i.test(before)) return [polyglot('what stands before it')]
  if (type === 'zip') return buffer.subarray(0, 1024).includes('%PDF-') ? [polyglot('pdf')] : []
  const archive = type === 'tar' || type === 'gzip' ? undefined : readZipDirectory(bytes)
  if (archive !== undefined && archive.entries.length > 0) return [polyglot('zip')]
  const isPicture = type === 'png' || type === 'jpeg' || type === 'gif'
  return isPicture && pageInPicture.test(buffer.toString('latin1')) ? [polyglot('a page with code')] : []
}

function inspectContent(bytes: Uint8Array, type: FileType): readonly Observation[] {
  switch (type) {
    case 'zip':
      return inspectZip(bytes)
    case 'pdf':
      return inspectPdf(bytes)
    case 'gzip':
      return inspectGzip(bytes)
    case 'tar':
      return inspectTar(bytes)
    case 'rar':
      return inspectRar(bytes)
    case 'ole':
      return inspectOle(bytes)
    case 'rtf':
      return inspectRtf(bytes)
    case 'text':
      return inspectMarkup(bytes)
    case '7z':
    case 'xz':
    case 'bzip2':
    case 'zstd':
      return [opaque]
    case 'pickle':
      return [deserializes]
    case 'numpy':
      return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024)).includes("'|O'")
        ? [deserializes]
        : []
    case 'png':
    case 'jpeg':
    case 'gif':
    case 'media':
    case 'data':
    case 'elf':
    case 'pe':
    case 'mach-o':
    case 'class':
    case 'shortcut':
    case 'wasm':
    case 'unknown':
      return []
  }
}

const opaque: Observation = {
  code: 'archive.opaque',
  severity: 'risky',
  message: 'It is an archive of a kind that is not looked into, so what it contains is not known.',
}

const deserializes: Observation = {
  code: 'code.deserialize',
  severity: 'risky',
  message: 'Its format can contain code, which runs when it is loaded.',
}
