import type { Observation } from '../report.ts'
import { inspectEntities } from './inspect-markup.ts'

const macro: Observation = { code: 'document.macro', severity: 'risky', message: 'The document contains macros.' }
const launch: Observation = { code: 'document.launch', severity: 'hostile', message: 'The document starts a program.' }
const external: Observation = {
  code: 'document.external',
  severity: 'risky',
  message: 'The document loads something from elsewhere when it is opened.',
}

/** One XML file of a DOCX, XLSX, ODT and the like. */
export function inspectOfficePart(name: string, text: string): readonly Observation[] {
  const formulas = [...text.matchAll(/<(?:\w+:)?f\b[^>]{0,500}>([^<]{1,8192})</g)].map(([, formula = '']) => formula)
  const found: readonly (readonly [boolean, Observation])[] = [
    [name.endsWith('.rels') && /\/vbaProject["']/.test(text), macro],
    [/ContentType\s*=\s*["']application\/vnd\.ms-(?:office\.vbaProject|\w+\.[\w.]*macroEnabled)/i.test(text), macro],
    [name.endsWith('.rels') && loadsFromOutside(text), external],
    [/<ddeLink\b/i.test(text) || fieldsOf(text).some((field) => /^\s*DDE(?:AUTO)?\b/i.test(field)), launch],
    [formulas.some((formula) => /^[^"]{0,64}\|[^!]{0,256}!/.test(unescaped(formula))), launch],
    [
      formulas.some((formula) => /\b(?:WEBSERVICE|IMAGE|FILTERXML|RTD|IMPORTDATA|IMPORTXML)\s*\(/i.test(formula)),
      external,
    ],
    [fieldsOf(text).some((field) => /^\s*INCLUDE(?:PICTURE|TEXT)\s+"?(?:\w+:)?[\\/]{2}/i.test(field)), external],
  ]
  return [
    ...found.flatMap(([holds, observation]) => (holds ? [{ ...observation, seen: name }] : [])),
    ...inspectEntities(text),
  ]
}

/** Instructions of fields, put together again where a program or somebody split them. */
function fieldsOf(text: string): readonly string[] {
  const simple = [...text.matchAll(/<w:fldSimple\b[^>]{0,500}\bw:instr\s*=\s*["']([^"'<]{0,2000})/g)].map(
    ([, field = '']) => field,
  )
  const fields: string[] = []
  let current = ''
  for (const [, kind, content = ''] of text.matchAll(
    /<w:fldChar\b[^>]{0,500}fldCharType\s*=\s*["'](begin)["']|<w:instrText\b[^>]{0,500}>([^<]{0,2000})/g,
  )) {
    if (kind === 'begin') {
      fields.push(current)
      current = ''
    } else current += content
  }
  return [...simple, ...fields, current].map(unescaped)
}

function unescaped(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&amp;', '&')
}

/** A link that a reader may follow is external too, and harmless. */
function loadsFromOutside(relations: string): boolean {
  return [...relations.matchAll(/<Relationship\b[^>]{0,4096}>/g)].some(
    ([relation]) => /TargetMode\s*=\s*["']External["']/i.test(relation) && !/\/hyperlink["']/i.test(relation),
  )
}
