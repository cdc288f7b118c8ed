import { inflateSync } from 'node:zlib'
import { mib } from '@caisson/core'
import type { Observation } from '../report.ts'

const maxObjectStreams = 256
const maxInflatedBytes = 4 * mib
const maxTotalBytes = 32 * mib

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
  const { dictionaries, objectStreams } = separate(source)
  const inflated = inflateAll(objectStreams)
  const texts = [dictionaries, ...inflated.texts].map(unescapeNames)
  return [
    ...names.flatMap(([pattern, observation]) => {
      const text = texts.find((candidate) => pattern.test(candidate))
      return text === undefined ? [] : [{ ...observation, seen: around(text, text.search(pattern)) }]
    }),
    ...(inflated.exceeded
      ? [
          {
            code: 'archive.bomb',
            severity: 'hostile',
            message: 'A part of the document unpacks to more than it should.',
          } as const,
        ]
      : []),
    ...(source.includes('%%EOF')
      ? []
      : [{ code: 'file.malformed', severity: 'risky', message: 'The document has no end.' } as const]),
  ]
}

/** Splits what a reader interprets from the content of streams, which may contain anything by chance. */
function separate(source: string): { readonly dictionaries: string; readonly objectStreams: readonly string[] } {
  const dictionaries: string[] = []
  const objectStreams: string[] = []
  let offset = 0
  for (;;) {
    const keyword = source.indexOf('stream', offset)
    if (keyword === -1) break
    const start = source.startsWith('\r\n', keyword + 6) ? keyword + 8 : keyword + 7
    const end = source.indexOf('endstream', start)
    if (end === -1) break
    dictionaries.push(source.slice(offset, keyword))
    const dictionary = unescapeNames(source.slice(Math.max(offset, keyword - 1024), keyword))
    if (/\/ObjStm\b/.test(dictionary) && objectStreams.length < maxObjectStreams)
      objectStreams.push(source.slice(start, end))
    offset = end + 'endstream'.length
  }
  return { dictionaries: [...dictionaries, source.slice(offset)].join(' '), objectStreams }
}

function inflateAll(streams: readonly string[]): { readonly texts: readonly string[]; readonly exceeded: boolean } {
  const texts: string[] = []
  let exceeded = false
  let total = 0
  for (const stream of streams) {
    if (total > maxTotalBytes) return { texts, exceeded: true }
    try {
      const text = inflateSync(Buffer.from(stream, 'latin1'), { maxOutputLength: maxInflatedBytes }).toString('latin1')
      total += text.length
      texts.push(text)
    } catch (error) {
      if (error instanceof RangeError) exceeded = true
      else texts.push(stream)
    }
  }
  return { texts, exceeded }
}

/** `/J#61vaScript` is `/JavaScript`. */
function unescapeNames(text: string): string {
  return text.replaceAll(/#([\da-fA-F]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function around(text: string, index: number): string {
  return text.slice(Math.max(0, index - 20), index + 80)
}
