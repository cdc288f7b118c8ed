import { type Finding, secretShapes } from '@caisson/core'

/** A finding before its place is known. */
export interface Observation {
  readonly code: string
  readonly severity: Finding['severity']
  readonly message: string
  readonly line?: number | undefined
  /** What was seen, uncut and as hostile as it was. */
  readonly seen?: string | undefined
}

const maxExcerpt = 120

/** An observation with its place, and with an excerpt that is short, on one line, and without secrets. */
export function toFinding(place: string, { code, severity, message, line, seen }: Observation): Finding {
  return {
    code,
    severity,
    message,
    place,
    ...(line === undefined ? {} : { line }),
    ...(seen === undefined ? {} : { excerpt: excerptOf(seen) }),
  }
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
