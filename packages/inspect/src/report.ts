import { type Finding, type FindingCode, secretShapes } from '@caisson/core'
import type { Part } from './collect-parts.ts'

/** A finding before its place is known. */
export interface Observation {
  readonly code: FindingCode
  readonly severity: Finding['severity']
  readonly message: string
  readonly line?: number | undefined
  /** What was seen, uncut and as hostile as it was. */
  readonly seen?: string | undefined
}

const maxExcerpt = 120

/** An observation with its place, and with an excerpt that is short, on one line, and without secrets. */
export function toFinding(part: Part, { code, severity, message, line, seen }: Observation): Finding {
  return {
    code,
    severity,
    message,
    place: part.place,
    ...(line === undefined ? {} : { line }),
    excerpt: excerptOf(seen ?? '') || excerptOf(beginningOf(part)),
  }
}

/** What stands for a part when nothing within it does. */
function beginningOf(part: Part): string {
  switch (part.kind) {
    case 'code':
    case 'text':
      return part.text
    case 'command':
      return part.argv.join(' ')
    case 'file':
      return part.name
  }
}

/** One for each code, place and line. */
export function distinctFindings(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map(findings.map((finding) => [`${finding.code} ${finding.place} ${finding.line ?? ''}`, finding]))
  return [...seen.values()]
}

function excerptOf(seen: string): string {
  let text = seen.slice(0, 4096)
  for (const { name, pattern } of secretShapes) text = text.replace(pattern, `[${name}]`)
  const line = text
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .toWellFormed()
  return line.length > maxExcerpt
    ? `${line
        .slice(0, maxExcerpt - 1)
        .toWellFormed()
        .replace(/\uFFFD$/u, '')}…`
    : line
}
