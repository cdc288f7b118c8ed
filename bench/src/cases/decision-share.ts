import { type Operation, operationSchema } from '@caisson/core'
import { inspectOperation } from '@caisson/inspect'
import { decide } from '@caisson/router'
import type { BenchCase } from '../case.ts'
import { timeFirstCommand } from '../first-command.ts'
import { openLocalSandboxes } from '../local-sandboxes.ts'
import { timed } from '../measure.ts'
import { decisionOn } from './decide.ts'

/** How many decisions make one sample, each on code that was never seen before. */
const perSample = 20

/** What an agent writes to answer one question. */
const program = `import csv
import statistics

with open("weather.csv") as file:
    rows = list(csv.DictReader(file))

warmest = max(rows, key=lambda row: float(row["temp_max"]))
print("warmest", warmest["date"], warmest["temp_max"])

by_month = {}
for row in rows:
    by_month.setdefault(row["date"][:7], []).append(float(row["temp_max"]))
for month, values in sorted(by_month.items()):
    print(month, round(statistics.mean(values), 1))
`

let serial = 0

/** The same code with a number in it, so that nothing remembers it. */
function fresh(code: string): Operation {
  return operationSchema.parse({ kind: 'code.execute', input: { language: 'python', code: `${code}\n# ${serial++}` } })
}

async function msPerDecision(code: string): Promise<number> {
  const operations = Array.from({ length: perSample }, () => fresh(code))
  const elapsedMs = await timed(async () => {
    for (const operation of operations) {
      decide({ ...decisionOn(operation), findings: await inspectOperation(operation, undefined, 'bench') })
    }
  })
  return elapsedMs / perSample
}

export const decisionShareCase: BenchCase = {
  id: 'P8',
  title: 'decision and inspection beside the create that follows them',
  unit: 'ms',
  goals: [{ against: 'local: create to the first command, cold', atMost: 0.01 }],
  repetitions: 30,
  prepare: async () => {
    await using stack = new AsyncDisposableStack()
    const { adapter } = stack.use(await openLocalSandboxes())
    const known = fresh(program)
    const created = stack.move()
    return {
      subjects: [
        {
          name: `inspect + decide, a program of ${program.length} characters`,
          once: async () => await msPerDecision(program),
        },
        { name: 'the same, one line', once: async () => await msPerDecision('print(6 * 7)') },
        { name: 'the same, ten times as long', once: async () => await msPerDecision(program.repeat(10)) },
        {
          name: 'the same, code that was inspected before',
          once: async () =>
            (await timed(async () => {
              for (let index = 0; index < perSample; index++) {
                decide({ ...decisionOn(known), findings: await inspectOperation(known, undefined, 'bench') })
              }
            })) / perSample,
        },
        {
          name: 'local: create to the first command, cold',
          once: async () => await timeFirstCommand(async () => await adapter.create({})),
        },
      ],
      missing: [],
      [Symbol.asyncDispose]: async () => await created.disposeAsync(),
    }
  },
}
