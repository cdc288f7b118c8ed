import type { Observation } from '../report.ts'

const macro: Observation = { code: 'document.macro', severity: 'risky', message: 'The document contains macros.' }
const encrypted: Observation = { code: 'document.encrypted', severity: 'risky', message: 'The document is encrypted.' }
const embedded: Observation = {
  code: 'document.embedded-file',
  severity: 'risky',
  message: 'The document contains other files.',
}
const external: Observation = {
  code: 'document.external',
  severity: 'risky',
  message: 'The document loads something from elsewhere when it is opened.',
}

/** Documents of older office programs, by the names of their streams. */
export function inspectOle(bytes: Uint8Array): readonly Observation[] {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const has = (stream: string) => content.includes(Buffer.from(stream, 'utf16le'))
  return [
    ...(has('_VBA_PROJECT') ? [macro] : []),
    ...(has('EncryptedPackage') ? [encrypted] : []),
    ...(has('\u0001Ole10Native') ? [embedded] : []),
  ]
}

export function inspectRtf(bytes: Uint8Array): readonly Observation[] {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  return [
    ...(/\\obj(?:data|update|autlink)/.test(content) ? [embedded] : []),
    ...(/\\\*\\template\s+(?:\w+:\/\/|\\\\)/.test(content) ? [external] : []),
  ]
}
