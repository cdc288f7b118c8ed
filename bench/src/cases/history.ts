import type { CaissonClient } from '@caisson/client'
import type { OperationInput } from '@caisson/core'
import type { BenchCase } from '../case.ts'
import { addHistory } from '../history/add-history.ts'
import { type BenchService, startBenchService } from '../history/bench-service.ts'
import { timed } from '../measure.ts'

const manyRuns = 100_000
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

/** A service with a long past and one with a short past. */
interface Pasts extends AsyncDisposable {
  readonly long: BenchService
  readonly short: BenchService
}

async function openPasts(): Promise<Pasts> {
  await using stack = new AsyncDisposableStack()
  const long = stack.use(await startBenchService())
  const short = stack.use(await startBenchService())
  await addHistory(long, { runs: manyRuns, days: 365 })
  await addHistory(short, { runs: fewRuns, days: 365 })
  const started = stack.move()
  return { long, short, [Symbol.asyncDispose]: async () => await started.disposeAsync() }
}

/** The cases share them: to make a past takes longer than to measure it. The last one ends them. */
let pasts: Promise<Pasts> | undefined
let casesLeft = actions.length

export const historyCases: readonly BenchCase[] = actions.map(({ title, act }) => ({
  id: 'P13',
  title: `${title}, with ${manyRuns} past runs`,
  unit: 'ms',
  goals: [{ against: `${fewRuns} past runs`, atMost: 1.2 }],
  repetitions: 30,
  prepare: async () => {
    pasts ??= openPasts()
    const { long, short, [Symbol.asyncDispose]: close } = await pasts
    return {
      subjects: [
        { name: `${manyRuns} past runs`, once: async () => await timed(async () => void (await act(long.client))) },
        { name: `${fewRuns} past runs`, once: async () => await timed(async () => void (await act(short.client))) },
      ],
      missing: [],
      [Symbol.asyncDispose]: async () => {
        casesLeft -= 1
        if (casesLeft === 0) await close()
      },
    }
  },
}))

function today(): string {
  return new Date().toISOString().slice(0, 10)
}
