import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { expect, it } from 'vitest'
import { z } from 'zod'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const reportSchema = z.object({
  results: z.array(
    z.object({
      title: z.string(),
      problems: z.array(z.string()),
      run: z.object({
        kind: z.string(),
        decision: z.object({ reasons: z.array(z.object({ code: z.string() })).min(1) }),
      }),
    }),
  ),
})

it('the quickstart runs all operations of the decision matrix as it should', async ({ skip }) => {
  if (process.getuid?.() !== 0) skip('the local adapter holds all limits only for root')
  const program = 'apps/cli/src/quickstart/main.ts'
  const { stdout, exitCode } = await execa(
    process.execPath,
    ['--conditions=@caisson/source', '--disable-warning=ExperimentalWarning', program, '--json'],
    { cwd: repository, reject: false },
  )
  const { results } = reportSchema.parse(JSON.parse(stdout))
  expect(results.flatMap(({ title, problems }) => problems.map((problem) => `${title}: ${problem}`))).toEqual([])
  expect(new Set(results.map(({ run }) => run.kind))).toEqual(
    new Set([
      'code.execute',
      'document.parse',
      'agents.parallel',
      'batch.run',
      'http.request',
      'database.read',
      'entity.write',
    ]),
  )
  expect(exitCode).toBe(0)
})
