import { type Finding, secretShapes } from '@caisson/core'
import type { Observation } from './report.ts'

const maxCharacters = 2 * 1024 * 1024
const maxPerShape = 10

/** Secrets and hidden directions in any text. Excerpts name the kind of a secret and never show it. */
export function inspectPlainText(content: string, severity: Finding['severity'] = 'risky'): readonly Observation[] {
  const text = content.slice(0, maxCharacters)
  const secrets = secretShapes.flatMap(({ name, pattern }) =>
    [...text.matchAll(pattern)].slice(0, maxPerShape).map((match): Observation => ({
      code: 'secret.text',
      severity,
      message: `It contains a secret: ${name}.`,
      line: lineAt(text, match.index),
      seen: `[${name}]`,
    })),
  )
  return [...secrets, ...hiddenDirections(text)]
}

/** Characters that turn the direction, and such as take no room where nothing needs them. */
const hidden =
  /[\u202A-\u202E\u2066-\u2069\u200B\u2060\u{E0000}-\u{E007F}]|(?<=[\x21-\x7E])(?:\u200C|\u200D|\uFEFF)(?=[\x21-\x7E])/u

/** What makes an editor show something else than what runs. */
function hiddenDirections(text: string): readonly Observation[] {
  const index = text.search(hidden)
  if (index === -1) return []
  const line = lineAt(text, index)
  const message = 'Invisible characters make it read differently from what it is.'
  return [{ code: 'text.hidden', severity: 'risky', message, line, seen: text.split('\n')[line - 1] ?? '' }]
}

function lineAt(text: string, index: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++
  return line
}
