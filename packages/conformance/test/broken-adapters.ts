import { describe, expect, it } from 'vitest'
import { runConformance } from '../src/index.ts'
import type { Broken } from './broken/wrap.ts'
import { memoryTarget } from './memory-target.ts'

/** Declares a test for each broken adapter: exactly its requirements fail. */
export function testBrokenAdapters(adapters: readonly Broken[]): void {
  describe.concurrent('an adapter that', () => {
    for (const { name, breaks, change, options } of adapters) {
      it(`${name} fails ${breaks.join(', ')}`, async () => {
        const { results } = await runConformance(memoryTarget(change, options), { concurrency: 12 })
        const failed = results.filter(({ status }) => status === 'failed')
        const seen = failed.map(({ requirement, detail }) => `${requirement.id}: ${detail}`).join('\n')
        expect(failed.map(({ requirement }) => requirement.id).sort(), seen).toEqual(breaks.toSorted())
      }, 60_000)
    }
  })
}
