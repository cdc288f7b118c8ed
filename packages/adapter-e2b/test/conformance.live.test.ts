import { defineConformance, perlPrograms } from '@caisson/conformance'
import { freshId, hourMs } from '@caisson/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createE2bAdapter } from '../src/index.ts'

const apiKey = process.env['E2B_API_KEY'] ?? ''
const namespace = freshId('t')
const createAdapter = () => createE2bAdapter({ apiKey, namespace })

it('has a key of E2B', () => {
  expect(apiKey, 'set E2B_API_KEY to a key of https://e2b.dev/dashboard?tab=keys').not.toBe('')
})

if (apiKey !== '') {
  defineConformance(
    { name: "E2B's cloud", createAdapter, programs: perlPrograms, checkTimeoutMs: 120_000 },
    { describe, it, beforeAll, afterAll },
  )

  it(
    'leaves nothing in the cloud',
    async () => {
      await using adapter = createAdapter()
      const left = await Array.fromAsync(adapter.list())
      for (const { id } of left) await adapter.destroy(id)
      expect(left).toEqual([])
    },
    hourMs,
  )
}
