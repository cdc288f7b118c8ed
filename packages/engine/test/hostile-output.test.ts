import { createMemoryAdapter, type Program } from '@caisson/conformance/memory'
import { expect, it } from 'vitest'
import { acme, createHarness } from './support/harness.ts'

/** A sandbox whose `python3` says whatever it likes in place of our scripts. */
function withPython(answer: string) {
  const python3: Program = async ({ stdout }) => {
    await stdout.write(answer)
    return 0
  }
  const adapter = createMemoryAdapter({ programs: { python3 } })
  return createHarness({ adapters: [adapter], limits: { contentBytes: 10_000 } }).engine
}

const docx = Buffer.from('PK\u0003\u0004 and nothing more').toString('base64')

it.each([
  ['nothing', ''],
  ['no JSON', 'hello'],
  ['another shape', '{"text": 1}'],
  ['more than was asked for', '{"title":null,"author":null,"pages":null,"text":"","warnings":[],"extra":1}'],
  [
    'too many warnings',
    JSON.stringify({ title: null, author: null, pages: null, text: '', warnings: Array(1000).fill('x') }),
  ],
  ['endless output', '['.repeat(5_000_000)],
])('believes nothing when a parser in the sandbox says %s', async (_name, answer) => {
  const run = await withPython(answer).run(
    { kind: 'document.parse', input: { name: 'x.docx', content: { base64: docx } } },
    acme,
  )
  expect(run.status).toBe('failed')
  expect(['protocol', 'quota-exceeded']).toContain(run.error?.code)
})

it('keeps no more text than it may, whatever the sandbox says', async () => {
  const text = 'x'.repeat(50_000)
  const answer = JSON.stringify({ title: null, author: null, pages: null, text, warnings: [] })
  const run = await withPython(answer).run(
    { kind: 'document.parse', input: { name: 'x.docx', content: { base64: docx } } },
    acme,
  )
  expect((run.value as { text: string }).text).toHaveLength(10_000)
})
