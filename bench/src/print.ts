import { formatFigure } from './figure.ts'
import type { CaseResult, GoalResult } from './measure.ts'

/** One line per subject, the ratios to the goals below, and the load under which it was measured. */
export function formatCase({ id, title, unit, subjects, goals, missing, load }: CaseResult): string {
  const width = Math.max(...subjects.map(({ name }) => name.length))
  const figure = (value: number) => `${formatFigure(value)} ${unit}`.padStart(10)
  return [
    `${id}  ${title}`,
    ...subjects.map(
      ({ name, median, p95, samples }) =>
        `  ${name.padEnd(width)}  median ${figure(median)}  p95 ${figure(p95)}  n ${samples.length}`,
    ),
    ...goals.map((goal) => `  ${goal.met ? 'met ' : 'MISS'}  ${formatGoal(goal, unit)}`),
    ...missing.map((reason) => `  not measured: ${reason}`),
    `  load ${load.map((value) => value.toFixed(2)).join(' → ')}`,
  ].join('\n')
}

function formatGoal({ against, atMost, reached }: GoalResult, unit: string): string {
  return against === undefined
    ? `${formatFigure(reached)} ${unit}, goal at most ${formatFigure(atMost)} ${unit}`
    : `${formatFigure(reached)} × ${against}, goal at most ${formatFigure(atMost)} ×`
}
