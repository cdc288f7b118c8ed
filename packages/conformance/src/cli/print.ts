import { styleText } from 'node:util'
import { groupOf, type Requirement } from '../requirement.ts'
import type { ConformanceReport, ConformanceResult } from '../run-conformance.ts'

type Color = 'green' | 'red' | 'yellow' | 'dim' | 'bold'
type Paint = (color: Color, text: string) => string

export const plain: Paint = (_, text) => text
export const colored: Paint = (color, text) => styleText(color, text, { validateStream: false })

const marks = {
  passed: ['green', 'ok'],
  failed: ['red', 'FAILED'],
  skipped: ['dim', 'skipped'],
  'known-failure': ['yellow', 'known failure'],
  stale: ['red', 'STALE'],
} as const satisfies Record<ConformanceResult['status'], readonly [Color, string]>

/** One requirement: how it went, what it says, and what was seen when it does not hold. */
export function resultLines({ requirement, status, detail, durationMs }: ConformanceResult, paint: Paint): string {
  const [color, word] = marks[status]
  const time = durationMs >= 100 ? paint('dim', `  ${(durationMs / 1000).toFixed(1)} s`) : ''
  const head = `${paint(color, word.padEnd(8))} ${requirement.id}${time}\n`
  if (status === 'passed') return head
  const shown = (detail ?? '').replaceAll('\n', '\n           ')
  if (status === 'skipped' || status === 'known-failure') return `${head}         ${paint('dim', shown)}\n`
  return `${head}         ${requirement.behaviour} (${requirement.source})\n         ${paint(color, `seen: ${shown}`)}\n`
}

export function totals({ results, target, adapter }: ConformanceReport, paint: Paint): string {
  const count = (status: ConformanceResult['status']): number =>
    results.filter((result) => result.status === status).length
  const parts = [
    `${count('passed')} hold`,
    `${count('failed')} failed`,
    `${count('skipped')} skipped`,
    `${count('known-failure')} known failures`,
    ...(count('stale') > 0 ? [`${count('stale')} stale`] : []),
  ]
  const name = target === adapter ? target : `${target} (adapter ${adapter})`
  return `\n${paint('bold', name)}: ${results.length} requirements: ${parts.join(', ')}\n`
}

export function requirementLines(requirements: readonly Requirement[], paint: Paint): string {
  return [...Map.groupBy(requirements, groupOf)]
    .map(([group, members]) => {
      const lines = members.map(({ id, behaviour, needs }) => {
        const condition = needs === undefined ? '' : paint('dim', ` [${needs.join(', ')}]`)
        return `  ${id}${condition}\n      ${behaviour}\n`
      })
      return `${paint('bold', group)}\n${lines.join('')}`
    })
    .join('\n')
}
