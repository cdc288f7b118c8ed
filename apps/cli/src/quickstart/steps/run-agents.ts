import { decodeText } from '@caisson/core'
import { z } from 'zod'
import { expectSandboxed, type Step, unless } from '../step.ts'

const valueSchema = z.object({
  agents: z.array(
    z.object({ name: z.string(), status: z.string(), value: z.object({ stdout: z.string() }).optional() }),
  ),
})

/** What an agent prints: how many files it sees, and when it began and ended, in milliseconds since the epoch. */
const reportSchema = z.tuple([z.coerce.number(), z.coerce.number(), z.coerce.number()])

// Long enough that slow starts still overlap.
const waitMs = 2000
const python = (name: string) => `import os, time
begun = time.time()
time.sleep(${waitMs / 1000})
open('notes.txt', 'w').write('${name}')
print(len(os.listdir('.')), int(begun * 1000), int(time.time() * 1000))`

/** Four agents at one time, each in a sandbox of its own, in three languages. Each sees only what it wrote itself. */
export function runAgents(): Step {
  const agents = [
    agent('researcher', 'python', python('researcher')),
    agent(
      'planner',
      'javascript',
      `const fs = require('node:fs'), begun = Date.now()
setTimeout(() => {
  fs.writeFileSync('notes.txt', 'planner')
  console.log(fs.readdirSync('.').length, begun, Date.now())
}, ${waitMs})`,
    ),
    agent(
      'coder',
      'bash',
      `begun=$(date +%s%3N); sleep ${waitMs / 1000}; printf coder > notes.txt; echo $(ls | wc -l) $begun $(date +%s%3N)`,
    ),
    agent('reviewer', 'python', python('reviewer')),
  ]
  return {
    title: 'four agents in parallel',
    operation: { kind: 'agents.parallel', input: { agents, concurrency: agents.length }, timeoutMs: 30_000 },
    problems: async (seen) => {
      const problems = expectSandboxed(seen, 'succeeded')
      if (problems.length > 0) return problems
      const { agents: results } = valueSchema.parse(seen.run.value)
      const notes = await Promise.all(
        agents.map(async ({ name }) => ({ name, note: await seen.artifact(`${name}/notes.txt`) })),
      )
      const reports = results.map(({ name, value }) => {
        const [files, begunAtMs, endedAtMs] = reportSchema.parse(value?.stdout.trim().split(' '))
        return { name, files, begunAtMs, endedAtMs }
      })
      return [
        ...notes.flatMap(({ name, note }) =>
          unless(note !== undefined && decodeText(note) === name, `the note of ${name} is not its own`),
        ),
        ...reports.flatMap(({ name, files }) => unless(files === 2, `${name} saw files of another`)),
        ...reports.flatMap((one) =>
          unless(
            reports.some(
              (other) => other !== one && other.begunAtMs < one.endedAtMs && one.begunAtMs < other.endedAtMs,
            ),
            `${one.name} ran alone, while no other did`,
          ),
        ),
      ]
    },
  }
}

function agent(name: string, language: 'python' | 'javascript' | 'bash', code: string) {
  return { name, task: { kind: 'code.execute' as const, input: { language, code, artifacts: ['notes.txt'] } } }
}
