import { z } from 'zod'

/** What came of a run of tests. */
export const testOutcomeSchema = z.object({
  passed: z.int().min(0),
  /** Of each test: its file and why it did not run. */
  skipped: z.array(z.string()),
  /** Of each: where it was, and how it failed. */
  failures: z.array(z.string()),
})
export type TestOutcome = z.infer<typeof testOutcomeSchema>

/** Prints the runs as one: a line for each file and reason of what did not run, then the failures, since whoever sees only the end of a long log needs them most. */
export function printOutcome(outcomes: readonly TestOutcome[]): void {
  const skipped = outcomes.flatMap((outcome) => outcome.skipped)
  const failures = outcomes.flatMap((outcome) => outcome.failures)
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0)
  if (skipped.length > 0) print('', `Not run here (${skipped.length}):`, ...counted(skipped).map(indent))
  if (failures.length > 0) print('', `Failed (${failures.length}):`, ...failures.map(indent))
  print('', `${passed} passed, ${failures.length} failed, ${skipped.length} skipped`)
}

function counted(lines: readonly string[]): readonly string[] {
  return [...Map.groupBy(lines, (line) => line)]
    .map(([line, same]) => (same.length === 1 ? line : `${line} (${same.length} tests)`))
    .toSorted((a, b) => a.localeCompare(b))
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
