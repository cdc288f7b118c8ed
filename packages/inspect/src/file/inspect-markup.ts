import { mib } from '@caisson/core'
import type { Observation } from '../report.ts'

/** Pages, pictures, documents and tables that are text. */
export function inspectMarkup(bytes: Uint8Array): readonly Observation[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, mib)).toString('latin1')
  return [...inspectPage(text), ...inspectEntities(text), ...inspectFormulas(text)]
}

function inspectPage(text: string): readonly Observation[] {
  if (!/^(?:\u00ef\u00bb\u00bf)?\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype|html|svg)\b/i.test(text)) return []
  if (!/<script\b|\son\w{3,20}\s*=|javascript:/i.test(text)) return []
  return [{ code: 'document.script', severity: 'risky', message: 'The document contains a script.' }]
}

/** Entities that load something, and such as are made of each other. */
export function inspectEntities(text: string): readonly Observation[] {
  const entities = [...text.matchAll(/<!ENTITY\s+(?:%\s*)?[^\s>]{1,100}\s+([^>]{0,2000})>/g)].map(
    ([, value = '']) => value,
  )
  const external = entities.find((value) => /^(?:SYSTEM|PUBLIC)\b/.test(value))
  const growing = entities.filter((value) => (value.match(/&\w{1,100};/g) ?? []).length > 3)
  return [
    ...(external === undefined
      ? []
      : [
          {
            code: 'document.external',
            severity: 'risky',
            message: 'The document loads something from elsewhere when it is read.',
            seen: external,
          } as const,
        ]),
    ...(growing.length < 2
      ? []
      : [
          {
            code: 'archive.bomb',
            severity: 'hostile',
            message: 'Its entities are made of each other and grow without measure.',
            seen: growing[0],
          } as const,
        ]),
  ]
}

/** `=cmd|'/C calc'!A0` in a table starts a program when a spreadsheet opens it. */
function inspectFormulas(text: string): readonly Observation[] {
  const [seen] = /(?:^|[,;\t\n"])\s*[=+@-][^,;\n|]{0,64}\|[^,;\n!]{0,256}!/.exec(text) ?? []
  if (seen === undefined) return []
  return [{ code: 'document.launch', severity: 'hostile', message: 'A formula of it starts a program.', seen }]
}
