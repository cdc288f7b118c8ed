import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { expect, inject, it } from 'vitest'
import { z } from 'zod'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const reportSchema = z.object({
  results: z
    .array(
      z.object({
        title: z.string(),
        problems: z.array(z.string()),
        run: z.object({
          decision: z.object({ placement: z.object({ kind: z.string(), adapter: z.string().optional() }) }),
        }),
      }),
    )
    .min(1),
})

it.for(['docker', 'podman'])(
  'the quickstart runs its operations on %s, and on nothing else',
  { timeout: 600_000 },
  async (kind, { skip }) => {
    const engine = inject('engines').find((one) => one.kind === kind)
    if (engine === undefined || 'reason' in engine) return skip(engine?.reason ?? 'no engine was looked for')
    const program = 'apps/cli/src/quickstart/main.ts'
    const { stdout, stderr, exitCode } = await execa(
      process.execPath,
      ['--conditions=@caisson/source', '--disable-warning=ExperimentalWarning', program, '--json', '--adapter', kind],
      { cwd: repository, reject: false },
    )
    expect(stdout, stderr).not.toBe('')
    const { results } = reportSchema.parse(JSON.parse(stdout))
    expect(results.flatMap(({ title, problems }) => problems.map((problem) => `${title}: ${problem}`))).toEqual([])
    const adapters = results.flatMap(({ run }) => run.decision.placement.adapter ?? [])
    expect(new Set(adapters)).toEqual(new Set([kind]))
    expect(exitCode).toBe(0)
  },
)
