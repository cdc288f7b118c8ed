import { defineConformance, perlPrograms } from '@caisson/conformance'
import { freshId, hourMs } from '@caisson/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDaytonaAdapter } from '../src/index.ts'

const apiKey = process.env['DAYTONA_API_KEY'] ?? ''
const namespace = freshId('t')
const createAdapter = () => createDaytonaAdapter({ apiKey, namespace })

it('has a key of Daytona', () => {
  expect(apiKey, 'set DAYTONA_API_KEY to a key of https://app.daytona.io/dashboard/keys').not.toBe('')
})

if (apiKey !== '') {
  defineConformance(
    { name: "Daytona's cloud", createAdapter, programs: perlPrograms, checkTimeoutMs: 120_000 },
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
