import { features, limitKinds } from '@caisson/core'
import { expect, it } from 'vitest'
import { requirements, runConformance } from '../src/index.ts'
import type { MemoryAdapterOptions } from '../src/memory/index.ts'
import { memoryTarget } from './memory-target.ts'

async function run(options?: MemoryAdapterOptions) {
  return (await runConformance(memoryTarget(undefined, options), { concurrency: 16 })).results
}

it('meets all requirements', async () => {
  const results = await run()
  expect(results.filter(({ status }) => status !== 'passed')).toEqual([])
  expect(results.map(({ requirement }) => requirement)).toEqual(requirements)
}, 60_000)

it('meets what is left when it declares nothing, and the rest is skipped with its reason', async () => {
  const results = await run({ without: [...features, ...limitKinds] })
  expect(results.filter(({ status }) => status !== 'passed' && status !== 'skipped')).toEqual([])
  const skipped = results.filter(({ status }) => status === 'skipped')
  expect(skipped.map(({ requirement }) => requirement)).toEqual(requirements.filter(({ needs }) => needs !== undefined))
  for (const { detail } of skipped) expect(detail).toMatch(/^does not declare [a-z-]+/)
}, 60_000)
