import type { Run } from '@caisson/core'
import type { StepResult } from './scenario.ts'
import { formatTable } from './table.ts'

/** The one table at the end, and below it what was not as expected. */
export function formatReport(results: readonly StepResult[], width: number): string {
  const rows = results.map(({ title, run, elapsedMs, problems }) => [
    `${problems.length === 0 ? '✓' : '✗'} ${title}`,
    run?.decision?.placement.kind ?? '–',
    adapterOf(run),
    whyOf(run),
    outcomeOf(run),
    `${(elapsedMs / 1000).toFixed(2)} s`,
    `$${(run?.usage.costUsd ?? 0).toFixed(4)}`,
  ])
  const head = ['operation', 'placement', 'adapter', 'why', 'outcome', 'time', 'cost']
  const problems = results.flatMap((result) => result.problems.map((problem) => `✗ ${result.title}: ${problem}`))
  const table = formatTable([head, ...rows], { flexible: head.indexOf('why'), width })
  return [table, '', ...furtherReasons(results), ...problems].join('\n')
}

/** What decisions say beside their first reason, each sentence once. */
function furtherReasons(results: readonly StepResult[]): readonly string[] {
  const texts = results.flatMap(({ run }) => run?.decision?.reasons.slice(1).map(({ text }) => text) ?? [])
  return [...Map.groupBy(texts, (text) => text)].map(
    ([text, same]) => `Also: ${text} (${same.length} of ${results.length})`,
  )
}

function whyOf(run: Run | undefined): string {
  if (run?.decision === undefined) return '–'
  const { placement, reasons } = run.decision
  const why = reasons[0]?.text ?? '–'
  return placement.kind === 'denied' && placement.missing.length > 0
    ? `${why} Missing: ${placement.missing.map((one) => one.replace(/\.$/, '')).join('; ')}.`
    : why
}

function adapterOf(run: Run | undefined): string {
  const placement = run?.decision?.placement
  return placement?.kind === 'sandbox' ? `${placement.adapter} (${placement.isolation})` : '–'
}

function outcomeOf(run: Run | undefined): string {
  if (run === undefined) return 'not run'
  if (run.outcome !== undefined && run.outcome.kind !== 'exited') return run.outcome.kind
  if (run.status === 'failed' && run.error !== undefined) return `refused: ${run.error.code}`
  return run.status
}
