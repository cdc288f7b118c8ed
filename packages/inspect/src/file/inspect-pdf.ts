import { inflateSync } from 'node:zlib'
import { mib } from '@caisson/core'
import type { Observation } from '../report.ts'
import { isTooLarge } from './too-large.ts'

/** Of an object stream, and of a picture. */
const maxInflatedBytes = { objects: 4 * mib, other: 32 * mib }
const maxTotalBytes = 64 * mib
const maxRatio = 100

const names: readonly (readonly [RegExp, Observation])[] = [
  [
    /\/(?:JavaScript|JS)(?=[\s(<[/]|$)/,
    { code: 'document.script', severity: 'hostile', message: 'The document contains a script.' },
  ],
  [
    /\/Launch(?=[\s/<>]|$)/,
    { code: 'document.launch', severity: 'hostile', message: 'The document starts a program.' },
  ],
  [
    /\/EmbeddedFiles?(?=[\s/<>]|$)|\/RichMedia(?=[\s/<>]|$)/,
    { code: 'document.embedded-file', severity: 'risky', message: 'The document contains other files.' },
  ],
  [
    /\/(?:SubmitForm|ImportData|GoToR|GoToE)(?=[\s/<>]|$)/,
    { code: 'document.external', severity: 'risky', message: 'The document sends or loads something elsewhere.' },
  ],
  [
    /\/XFA(?=[\s/<>[]|$)/,
    { code: 'document.form', severity: 'risky', message: 'The document contains a dynamic form.' },
  ],
  [
    /\/Encrypt(?=[\s/<>]|$)/,
    {
      code: 'document.encrypted',
      severity: 'risky',
      message: 'The document is encrypted, so what it contains is not known.',
    },
  ],
]

/** Scripts, actions and files in a PDF, also where their names are escaped or lie in compressed object streams. */
export function inspectPdf(bytes: Uint8Array): readonly Observation[] {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const { dictionaries, streams } = separate(source)
  const unpacked = unpackAll(streams)
  const texts = [dictionaries, ...unpacked.texts].map(unescapeNames)
  return [
    ...names.flatMap(([pattern, observation]) => {
      const text = texts.find((candidate) => pattern.test(candidate))
      return text === undefined ? [] : [{ ...observation, seen: around(text, text.search(pattern)) }]
    }),
    ...(unpacked.exceeded ? [bomb] : []),
    ...(unpacked.isWhole ? [] : [incomplete]),
    ...(source.includes('%%EOF')
      ? []
      : [{ code: 'file.malformed', severity: 'risky', message: 'The document has no end.' } as const]),
  ]
}

const bomb: Observation = {
  code: 'archive.bomb',
  severity: 'hostile',
  message: 'A part of the document unpacks to more than it should.',
}
const incomplete: Observation = {
  code: 'inspection.incomplete',
  severity: 'risky',
  message: 'Objects of the document are packed in a way that is not looked into.',
}

interface Stream {
  readonly dictionary: string
  readonly content: string
}

/** Splits what a reader interprets from the content of streams, which may contain anything by chance. */
function separate(source: string): { readonly dictionaries: string; readonly streams: readonly Stream[] } {
  const dictionaries: string[] = []
  const streams: Stream[] = []
  let offset = 0
  for (let at = source.indexOf('stream'); at !== -1; at = source.indexOf('stream', at + 1)) {
    const start = startOfContent(source, at)
    if (at < offset || start === undefined) continue
    const end = source.indexOf('endstream', start)
    if (end === -1) break
    const before = source.slice(offset, at)
    dictionaries.push(before)
    streams.push({
      dictionary: unescapeNames(before.slice(before.lastIndexOf(' obj') + 1)),
      content: source.slice(start, end),
    })
    offset = end + 'endstream'.length
  }
  // Readers find objects by their offsets, and would find them also where a stream seems to be.
  const within = streams.map(({ content }) => content).filter((content) => /\d\s+\d+\s+obj\b/.test(content))
  return { dictionaries: [...dictionaries, source.slice(offset), ...within].join(' '), streams }
}

/** Where the content begins if the keyword at this place begins a stream: after a dictionary, before a new line. */
function startOfContent(source: string, keyword: number): number | undefined {
  if (!/>>\s*$/.test(source.slice(Math.max(0, keyword - 32), keyword))) return undefined
  if (source.startsWith('\r\n', keyword + 6)) return keyword + 8
  return source[keyword + 6] === '\n' || source[keyword + 6] === '\r' ? keyword + 7 : undefined
}

interface UnpackedStreams {
  /** Of object streams. */
  readonly texts: readonly string[]
  readonly exceeded: boolean
  readonly isWhole: boolean
}

function unpackAll(streams: readonly Stream[]): UnpackedStreams {
  const texts: string[] = []
  let exceeded = false
  let isWhole = true
  let total = 0
  for (const { dictionary, content } of streams) {
    const holdsObjects = /\/ObjStm\b/.test(dictionary)
    if (total > maxTotalBytes) {
      if (holdsObjects) isWhole = false
      continue
    }
    const maxBytes = holdsObjects ? maxInflatedBytes.objects : maxInflatedBytes.other
    try {
      const decoded = decode(content, filtersOf(dictionary), maxBytes)
      total += decoded?.length ?? 0
      if (holdsObjects && decoded === undefined) isWhole = false
      if (holdsObjects) texts.push(decoded ?? content)
    } catch (error) {
      if (isTooLarge(error) && maxBytes / content.length > maxRatio) exceeded = true
      else if (holdsObjects) isWhole = false
    }
  }
  return { texts, exceeded, isWhole }
}

function filtersOf(dictionary: string): readonly string[] {
  const [, list = ''] = /\/Filter\s*(\[[^\]]{0,500}\]|\/\w+)/.exec(dictionary) ?? []
  return [...list.matchAll(/\/(\w+)/g)].map(([, name = '']) => name)
}

/** `undefined`: by a filter that is not known here. Throws when it unpacks to too much, or not at all. */
function decode(content: string, filters: readonly string[], maxBytes: number): string | undefined {
  let decoded = content
  for (const filter of filters) {
    if (filter === 'FlateDecode' || filter === 'Fl') {
      decoded = inflateSync(Buffer.from(decoded, 'latin1'), { maxOutputLength: maxBytes }).toString('latin1')
    } else if (filter === 'ASCIIHexDecode' || filter === 'AHx') {
      decoded = Buffer.from(decoded.replaceAll(/[\s>]/g, ''), 'hex').toString('latin1')
    } else if (filter === 'ASCII85Decode' || filter === 'A85') {
      decoded = fromAscii85(decoded)
    } else return undefined
  }
  return decoded
}

/** Five letters are four bytes; `z` is four zeros. */
function fromAscii85(content: string): string {
  const bytes: number[] = []
  const letters = content
    .replace(/^<~/, '')
    .replace(/~>[^]*$/, '')
    .replaceAll(/\s/g, '')
    .replaceAll('z', '!!!!!')
  for (let offset = 0; offset < letters.length; offset += 5) {
    const group = letters.slice(offset, offset + 5)
    let value = 0
    for (const letter of group.padEnd(5, 'u')) value = value * 85 + letter.charCodeAt(0) - 33
    const four = [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) & 0xff)
    bytes.push(...four.slice(0, group.length - 1))
  }
  return Buffer.from(bytes).toString('latin1')
}

/** `/J#61vaScript` is `/JavaScript`. */
function unescapeNames(text: string): string {
  return text.replaceAll(/#([\da-fA-F]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function around(text: string, index: number): string {
  return text.slice(Math.max(0, index - 20), index + 80)
}
