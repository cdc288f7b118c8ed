import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalAdapter } from '@caisson/adapter-local'
import type { SandboxAdapter } from '@caisson/core'
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { sandboxesOf } from './harness.ts'

/** Declares tests over the real local adapter in a state directory of their own. Skipped, with the reason, where it cannot work. */
export async function describeLocal(name: string, body: (adapter: () => SandboxAdapter) => void): Promise<void> {
  const probe = createLocalAdapter({ preparedSandboxes: 0 })
  const { status, reason = '', remedy = '' } = await probe.probe()
  await probe[Symbol.asyncDispose]()
  if (status === 'unavailable') {
    describe.skip(`${name}: the local adapter cannot work here: ${reason}. ${remedy}`, () => body(() => probe))
    return
  }
  describe(name, () => {
    let directory: string
    let adapter: SandboxAdapter
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'caisson-engine-'))
      adapter = createLocalAdapter({ stateDirectory: directory })
    })
    afterEach(async () => {
      expect(await sandboxesOf(adapter)).toEqual([])
    })
    afterAll(async () => {
      await adapter[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    })
    body(() => adapter)
  })
}
