import type { ReplayReport } from '@caisson/client'
import { printable } from '../output/printable.ts'
import { formatAge, formatCost } from '../output/time.ts'
import { formatTable } from '../quickstart/table.ts'

/** What would be otherwise, and what that would cost. */
export function formatReplay(report: ReplayReport, columns: number): string {
  const { policy, total, truncated, changed, changes, costBeforeUsd, costAfterUsd } = report
  const rows = changes.map(({ run, kind, decidedAtMs, before, after, reason, costDifferenceUsd }) => [
    run,
    kind,
    formatAge(decidedAtMs),
    before,
    after,
    formatDifference(costDifferenceUsd),
    printable(reason),
  ])
  return [
    `policy ${policy.name} ${printable(policy.version)} (${policy.hash.slice(0, 12)})`,
    `${changed} of ${total} operations would be placed otherwise${truncated ? ' (there are more than were looked at)' : ''}`,
    `estimated cost ${formatCost(costBeforeUsd)} → ${formatCost(costAfterUsd)} (${formatDifference(costAfterUsd - costBeforeUsd)})`,
    ...(rows.length === 0
      ? []
      : [
          '',
          formatTable([['run', 'kind', 'decided', 'was', 'would be', 'cost', 'why'], ...rows], {
            flexible: 6,
            width: columns,
          }),
        ]),
    ...(changed > changes.length ? [`and ${changed - changes.length} more`] : []),
  ].join('\n')
}

function formatDifference(amountUsd: number): string {
  if (amountUsd === 0) return '±$0'
  return amountUsd > 0 ? `+${formatCost(amountUsd)}` : `-${formatCost(-amountUsd)}`
}
