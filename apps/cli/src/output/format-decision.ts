import type { Decision } from '@caisson/core'
import { formatTable } from '../quickstart/table.ts'
import { printable } from './printable.ts'
import { formatCost } from './time.ts'

/** Where and why: the placement, its reasons, and every adapter that was considered. */
export function formatDecision(decision: Decision, columns: number): string {
  const { policy, approval, reasons, candidates, findings, estimate, elsewhere } = decision
  const sections = [
    [
      `${decision.kind} → ${formatPlacement(decision)}`,
      `policy ${policy.name} ${policy.version} (${policy.hash.slice(0, 12)})`,
      ...(approval === 'required' ? ['waits for an approval'] : []),
      ...(estimate === undefined ? [] : [`estimated ${formatCost(estimate.amountUsd)}: ${estimate.basis}`]),
    ].join('\n'),
    formatTable(
      [['rule', 'reason', 'why'], ...reasons.map(({ rule = '-', code, text }) => [rule, code, printable(text)])],
      {
        flexible: 2,
        width: columns,
      },
    ),
  ]
  if (candidates.length > 0) {
    const rows = candidates.map(({ adapter, isolation, verdict, reasons, estimate }) => [
      adapter,
      isolation,
      verdict,
      estimate === undefined ? '-' : formatCost(estimate.amountUsd),
      reasons.map(({ text }) => printable(text)).join(' '),
    ])
    sections.push(
      formatTable([['adapter', 'isolation', 'verdict', 'cost', 'why'], ...rows], { flexible: 4, width: columns }),
    )
  }
  if (elsewhere !== undefined) {
    const prices = elsewhere.map(({ provider, amountUsd }) => `${provider} ${formatCost(amountUsd)}`)
    sections.push(`elsewhere: ${prices.join(', ')}`)
  }
  if (findings.length > 0) {
    const rows = findings.map(({ severity, code, place, line, message }) => [
      severity,
      code,
      line === undefined ? place : `${place}:${line}`,
      printable(message),
    ])
    sections.push(formatTable([['finding', 'code', 'place', 'what'], ...rows], { flexible: 3, width: columns }))
  }
  return sections.join('\n\n')
}

export function formatPlacement({ placement }: Decision): string {
  switch (placement.kind) {
    case 'host':
      return 'host'
    case 'sandbox':
      return `${placement.adapter} (${placement.isolation})`
    case 'denied':
      return `denied; missing: ${placement.missing.join(', ')}`
  }
}
