import { createHash } from 'node:crypto'
import { z } from 'zod'
import { expectSandboxed, type Step, unless } from '../step.ts'

const code = `
import hashlib, json, sys
item = json.load(sys.stdin)
print(hashlib.sha256(item['text'].encode()).hexdigest(), end='')
`

const items = Array.from({ length: 50 }, (_, index) => ({ text: `item ${index}: ünïcode and "quotes"` }))

const valueSchema = z.object({ items: z.array(z.unknown()) })

/** The results are compared with what the host computes itself. */
export function runBatch(): Step {
  return {
    title: 'a batch of 50',
    operation: {
      kind: 'batch.run',
      input: { task: { language: 'python', code }, items, concurrency: 4 },
      timeoutMs: 60_000,
    },
    problems: (seen) => {
      const problems = expectSandboxed(seen, 'succeeded')
      if (problems.length > 0) return problems
      const { items: results } = valueSchema.parse(seen.run.value)
      const right = items.filter(({ text }, index) =>
        JSON.stringify(results[index] ?? null).includes(createHash('sha256').update(text).digest('hex')),
      )
      return unless(right.length === items.length, `${right.length} of ${items.length} results are right`)
    },
  }
}
