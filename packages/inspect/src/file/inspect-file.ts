import { mib } from '@caisson/core'
import type { Observation } from '../report.ts'
import { detectFileType, executables, extensionOf, type FileType, fitsExtension } from './file-type.ts'
import { inspectPdf } from './inspect-pdf.ts'
import { inspectZip } from './inspect-zip.ts'
import { readZipDirectory } from './zip.ts'

/** What a file is, whether it is what its name says, and what it would do to whoever opens it. Nothing is unpacked to find out. */
export function inspectFile(name: string, bytes: Uint8Array): readonly Observation[] {
  if (bytes.byteLength === 0) return []
  const type = detectFileType(bytes)
  return [...inspectClaim(name, type), ...inspectPolyglot(bytes, type), ...inspectContent(bytes, type)]
}

function inspectClaim(name: string, type: FileType): readonly Observation[] {
  if (executables.has(type)) {
    return [{ code: 'file.executable', severity: 'risky', message: `It is a program (${type}).`, seen: name }]
  }
  const extension = extensionOf(name)
  if (fitsExtension(type, extension)) return []
  return [
    { code: 'file.type-mismatch', severity: 'risky', message: `It says .${extension} and is ${type}.`, seen: name },
  ]
}

/** A file that is two things at once is so for a reason. */
function inspectPolyglot(bytes: Uint8Array, type: FileType): readonly Observation[] {
  const polyglot = (other: string): Observation => ({
    code: 'file.polyglot',
    severity: 'hostile',
    message: `It is ${type} and ${other} at once.`,
  })
  if (type === 'zip') {
    const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024))
    return head.includes('%PDF-') ? [polyglot('pdf')] : []
  }
  if (type === 'text' || type === 'unknown' || executables.has(type)) return []
  const archive = readZipDirectory(bytes)
  return archive !== undefined && archive.entries.length > 0 ? [polyglot('zip')] : []
}

function inspectContent(bytes: Uint8Array, type: FileType): readonly Observation[] {
  switch (type) {
    case 'zip':
      return inspectZip(bytes)
    case 'pdf':
      return inspectPdf(bytes)
    case 'gzip':
      return inspectGzip(bytes)
    case 'ole':
      return inspectOle(bytes)
    case 'rtf':
      return inspectRtf(bytes)
    case 'text':
      return inspectMarkup(bytes)
    case 'png':
    case 'jpeg':
    case 'gif':
    case 'elf':
    case 'pe':
    case 'mach-o':
    case 'class':
    case 'wasm':
    case '7z':
    case 'rar':
    case 'xz':
    case 'bzip2':
    case 'unknown':
      return []
  }
}

function inspectGzip(bytes: Uint8Array): readonly Observation[] {
  if (bytes.byteLength < 18) return []
  const sizeBytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32LE(bytes.byteLength - 4)
  if (sizeBytes < 10 * mib || sizeBytes / bytes.byteLength < 100) return []
  return [{ code: 'archive.bomb', severity: 'hostile', message: `It unpacks to ${sizeBytes} bytes.` }]
}

function inspectOle(bytes: Uint8Array): readonly Observation[] {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const has = (stream: string) => content.includes(Buffer.from(stream, 'utf16le'))
  return [
    ...(has('_VBA_PROJECT')
      ? [{ code: 'document.macro', severity: 'risky', message: 'The document contains macros.' } as const]
      : []),
    ...(has('EncryptedPackage')
      ? [{ code: 'document.encrypted', severity: 'risky', message: 'The document is encrypted.' } as const]
      : []),
  ]
}

function inspectRtf(bytes: Uint8Array): readonly Observation[] {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!content.includes('\\objdata') && !content.includes('\\objupdate')) return []
  return [{ code: 'document.embedded-file', severity: 'risky', message: 'The document contains other files.' }]
}

function inspectMarkup(bytes: Uint8Array): readonly Observation[] {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, mib)).toString('latin1')
  if (!/^\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype|html|svg)\b/i.test(head)) return []
  if (!/<script\b|\son\w{3,20}\s*=|javascript:/i.test(head)) return []
  return [{ code: 'document.script', severity: 'risky', message: 'The document contains a script.' }]
}
