import { type CostDimension, costDimensions, type CostRow } from '@caisson/client'
import { hourMs, OperationError } from '@caisson/core'
import type { Command } from 'commander'
import { formatCsv } from '../output/csv.ts'
import { printable } from '../output/printable.ts'
import { formatCost, formatDuration } from '../output/time.ts'
import { formatTable } from '../quickstart/table.ts'
import { command, type Surroundings } from '../session.ts'
import { writeLocal } from '../write-local.ts'

interface Options {
  readonly from?: string
  readonly to?: string
  readonly by: string
  readonly csv?: string | true
}

const day = /^\d{4}-\d{2}-\d{2}$/

export function addCost(program: Command, surroundings: Surroundings): void {
  program
    .command('cost')
    .description('what sandboxes cost, beside what was reckoned with; needs a key with the role operator')
    .option('--from <day>', 'first day (UTC), 2026-11-01; default: that of this month')
    .option('--to <day>', 'last day; default: today')
    .option('--by <what>', `what to tell apart, with commas between: ${costDimensions.join(', ')}`, 'day,adapter')
    .option('--csv [file]', 'as CSV, to standard output (also `-`) or to a file')
    .action(
      command(surroundings, async (session, { from, to, by, csv }: Options) => {
        const today = new Date().toISOString().slice(0, 10)
        const dimensions = dimensionsOf(by)
        const query = { from: dayOf(from ?? `${today.slice(0, 7)}-01`, '--from'), to: dayOf(to ?? today, '--to') }
        if (query.to < query.from) {
          throw new OperationError('invalid-operation', `${query.to} is before ${query.from}`, {
            field: '--to',
            remedy: 'give the first day with --from and the last with --to',
          })
        }
        const [rows, budgets] = await Promise.all([
          session.client.cost({ ...query, by: dimensions }),
          session.client.budgets.list(),
        ])
        if (csv !== undefined) {
          const text = asCsv(rows, dimensions)
          if (csv === true || csv === '-') session.terminal.out(text)
          else await writeLocal(csv, text, { field: '--csv' })
          return
        }
        session.show({ ...query, rows, budgets }, () => {
          const lines = budgets.map(({ agent, month, committedUsd, softUsd, hardUsd }) => {
            const who = agent === '' ? 'organization' : agent
            const soft = softUsd === undefined ? '' : `, warning at $${softUsd}`
            const hard = hardUsd === undefined ? '' : `, stop at $${hardUsd}`
            return `budget of ${who} for ${month}: ${formatCost(committedUsd)} spent or kept back${soft}${hard}`
          })
          return [asTable(rows, dimensions, session.terminal.columns), ...lines].join('\n')
        })
      }),
    )
}

function asTable(rows: readonly CostRow[], by: readonly CostDimension[], width: number): string {
  const heads = [...by, 'sandboxes', 'running', 'paused', 'storage', 'cost', 'reckoned', 'drift']
  const total = rows.reduce(
    (sum, row) => ({
      leases: sum.leases + row.leases,
      runningSeconds: sum.runningSeconds + row.runningSeconds,
      pausedSeconds: sum.pausedSeconds + row.pausedSeconds,
      storageGibHours: sum.storageGibHours + row.storageGibHours,
      costUsd: sum.costUsd + row.costUsd,
      estimateUsd: sum.estimateUsd + row.estimateUsd,
    }),
    { leases: 0, runningSeconds: 0, pausedSeconds: 0, storageGibHours: 0, costUsd: 0, estimateUsd: 0 },
  )
  const body = rows.map((row) => [...by.map((name) => printable(row[name] ?? '')), ...figures(row)])
  const last = [...(by.length === 0 ? [] : ['total', ...by.slice(1).map(() => '')]), ...figures(total)]
  return formatTable([heads, ...body, ...(by.length === 0 && rows.length > 0 ? [] : [last])], { flexible: 0, width })
}

function figures(row: Omit<CostRow, CostDimension>): readonly string[] {
  const { leases, runningSeconds, pausedSeconds, storageGibHours, costUsd, estimateUsd } = row
  return [
    String(leases),
    formatDuration(runningSeconds * 1000),
    pausedSeconds === 0 ? '' : formatDuration(pausedSeconds * 1000),
    storageGibHours === 0 ? '' : `${storageGibHours.toFixed(storageGibHours < 10 ? 3 : 1)} GiB·h`,
    formatCost(costUsd),
    formatCost(estimateUsd),
    driftOf(costUsd, estimateUsd),
  ]
}

/** How much more, or less, it came to than was reckoned with. */
function driftOf(costUsd: number, estimateUsd: number): string {
  if (estimateUsd === 0) return ''
  const percent = Math.round((costUsd / estimateUsd - 1) * 100)
  return `${percent > 0 ? '+' : ''}${percent} %`
}

function asCsv(rows: readonly CostRow[], by: readonly CostDimension[]): string {
  const heads = [
    ...by,
    'sandboxes',
    'running_seconds',
    'paused_seconds',
    'storage_gib_hours',
    'cost_usd',
    'estimate_usd',
  ]
  return formatCsv([
    heads,
    ...rows.map((row) => [
      ...by.map((name) => row[name] ?? ''),
      row.leases,
      row.runningSeconds,
      row.pausedSeconds,
      row.storageGibHours,
      row.costUsd,
      row.estimateUsd,
    ]),
  ])
}

function dimensionsOf(text: string): CostDimension[] {
  const names = text.split(',').map((name) => name.trim())
  return names.flatMap((name) => {
    if (name === '') return []
    const known = costDimensions.find((dimension) => dimension === name)
    if (known !== undefined) return [known]
    throw new OperationError('invalid-operation', `costs are not kept by ${name}`, {
      field: '--by',
      remedy: `use some of ${costDimensions.join(', ')}`,
    })
  })
}

function dayOf(text: string, field: string): string {
  const isDay = day.test(text) && !Number.isNaN(Date.parse(text)) && Date.parse(text) % (24 * hourMs) === 0
  if (isDay) return text
  throw new OperationError('invalid-operation', `${text} is not a day`, { field, remedy: 'write it as 2026-11-21' })
}
