import type { CaissonClient } from '@caisson/client'
import type { OperationInput } from '@caisson/core'
import type { BenchCase } from '../case.ts'
import { addHistory } from '../history/add-history.ts'
import { startBenchService } from '../history/bench-service.ts'
import { timed } from '../measure.ts'

const runs = 100_000
/** Enough to fill a page, so that what is compared is the length of the past and not that of the answer. */
const fewRuns = 100
const operation: OperationInput = { kind: 'command.run', input: { argv: ['true'] } }

/** What a past must not make slower. */
const actions: readonly { readonly title: string; readonly act: (client: CaissonClient) => Promise<unknown> }[] = [
  { title: 'list runs', act: async (client) => await client.runs.list({ limit: 50 }) },
  { title: 'decide', act: async (client) => await client.decide(operation) },
  { title: 'lease: one command in a fresh sandbox', act: async (client) => await client.runs.run(operation) },
  {
    title: 'bill of the day',
    act: async (client) => await client.cost({ from: today(), to: today(), by: ['day'] }),
  },
]

export const historyCases: readonly BenchCase[] = actions.map(({ title, act }) => ({
  id: 'P13',
  title: `${title}, with ${runs} past runs`,
  unit: 'ms',
  goals: [{ against: `${fewRuns} past runs`, atMost: 1.2 }],
  repetitions: 40,
  prepare: async () => {
    await using stack = new AsyncDisposableStack()
    const old = stack.use(await startBenchService())
    const fresh = stack.use(await startBenchService())
    await addHistory(old, { runs, days: 365 })
    await addHistory(fresh, { runs: fewRuns, days: 365 })
    const started = stack.move()
    return {
      subjects: [
        { name: `${runs} past runs`, once: async () => await timed(async () => void (await act(old.client))) },
        { name: `${fewRuns} past runs`, once: async () => await timed(async () => void (await act(fresh.client))) },
      ],
      missing: [],
      [Symbol.asyncDispose]: async () => await started.disposeAsync(),
    }
  },
}))

function today(): string {
  return new Date().toISOString().slice(0, 10)
}
