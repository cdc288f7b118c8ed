import { type CodeInterpreter, runCode } from '@caisson/core'
import type { BenchCase } from '../case.ts'
import { ifAvailable } from '../baselines/if-available.ts'
import { type Ipykernel, ipykernel } from '../baselines/ipykernel.ts'
import { openLocalSandboxes } from '../local-sandboxes.ts'
import { timed } from '../measure.ts'

const language = 'python'
const baseline = 'ipykernel, no isolation'

/** Ours and Jupyter's side by side, each doing the same thing once. */
function cellCase(
  id: string,
  { title, atMost, repetitions }: { readonly title: string; readonly atMost: number; readonly repetitions: number },
  ways: {
    readonly ours: (code: CodeInterpreter) => Promise<number>
    readonly theirs: (kernel: Ipykernel) => Promise<number>
  },
): BenchCase {
  return {
    id,
    title,
    unit: 'ms',
    goals: [{ against: baseline, atMost }],
    repetitions,
    prepare: async () => {
      await using stack = new AsyncDisposableStack()
      const missing: string[] = []
      const { adapter } = stack.use(await openLocalSandboxes())
      const sandbox = stack.use(
        await adapter.create({ ttlMs: 3_600_000, resources: { cpus: 2, memoryBytes: 1024 ** 3 } }),
      )
      const { code } = sandbox
      if (code === undefined) throw new Error('the local adapter has no code interpreter')
      const kernel = await ifAvailable(stack, missing, ipykernel)
      const created = stack.move()
      return {
        subjects: [
          { name: 'caisson local', once: async () => await ways.ours(code) },
          ...(kernel === undefined ? [] : [{ name: baseline, once: async () => await ways.theirs(kernel) }]),
        ],
        missing,
        [Symbol.asyncDispose]: async () => await created.disposeAsync(),
      }
    },
  }
}

export const cellCases: readonly BenchCase[] = [
  cellCase(
    'P7',
    { title: 'local: a Python cell, x = 1', atMost: 0.2, repetitions: 100 },
    {
      ours: async (code) => await timed(async () => await runCode(code, 'x = 1', { language })),
      theirs: async (kernel) => await kernel.cell(),
    },
  ),
  cellCase(
    'P7',
    { title: 'local: the first result of a new Python context', atMost: 0.05, repetitions: 30 },
    {
      ours: async (code) => {
        let id = ''
        const tookMs = await timed(async () => {
          ;({ id } = await code.createContext(language))
          const { results } = await runCode(code, '1 + 1', { context: id })
          if (results[0]?.data['text/plain'] !== '2') throw new Error('1 + 1 is not 2')
        })
        await code.removeContext(id)
        return tookMs
      },
      theirs: async (kernel) => await kernel.firstResult(),
    },
  ),
]
