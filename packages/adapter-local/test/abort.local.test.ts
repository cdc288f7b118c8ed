import { createLocalAdapter } from '@caisson/adapter-local'
import { isSandboxError } from '@caisson/core'
import { readdirSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { leftovers, whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNot()

describe.skipIf(reason !== undefined)(`giving up${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const state = temporaryState()

  it('a creation that is given up at any moment ends at once and leaves nothing', async () => {
    const adapter = createLocalAdapter({ stateDirectory: state, preparedSandboxes: 0 })
    for (let afterMs = 0; afterMs < 130; afterMs += 10) {
      const begun = performance.now()
      const outcome = await adapter
        .create({}, { signal: AbortSignal.timeout(afterMs) })
        .catch((error: unknown) => error)
      expect(performance.now() - begun).toBeLessThan(10_000)
      if (isSandboxError(outcome)) expect(outcome.code).toBe('cancelled')
      else for await (const { id } of adapter.list()) await adapter.destroy(id)
    }
    await adapter[Symbol.asyncDispose]()
    await vi.waitFor(
      () => {
        expect(readdirSync(`${state}/sandboxes`)).toEqual([])
        expect(leftovers(state)).toEqual([])
      },
      { timeout: 10_000, interval: 100 },
    )
  })
})
