import { styleText } from 'node:util'
import type { BenchCase } from './case.ts'

/** The rows to measure, none for all of them; or what to say instead, and with which exit code. */
export function readWanted(
  words: readonly string[],
  cases: readonly BenchCase[],
): { readonly wanted: readonly string[] } | { readonly text: string; readonly exitCode: number } {
  const ids = new Set(cases.map(({ id }) => id))
  if (words.includes('--help') || words.includes('-h')) return { text: usage(cases), exitCode: 0 }
  const unknown = words.find((word) => !ids.has(word))
  // P3 stands for P3-docker, too.
  const isWanted = (id: string): boolean => words.some((word) => id === word || id.startsWith(`${word}-`))
  if (unknown === undefined) return { wanted: [...ids].filter(isWanted) }
  return { text: `${styleText('red', `there is no row ${unknown}`)}\n\n${usage(cases)}`, exitCode: 2 }
}

function usage(cases: readonly BenchCase[]): string {
  const rows = cases.map(({ id, title }) => `  ${id.padEnd(4)} ${title}`)
  return [
    'Usage: npm run bench [-- ROW …]',
    '',
    'Rows:',
    ...rows,
    '',
    'Examples:',
    '  npm run bench',
    '  npm run bench -- P1 P3',
  ].join('\n')
}
