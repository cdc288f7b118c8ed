import { createMemoryAdapter, createMemoryWorld } from '@caisson/conformance/memory'
import { organizationIdSchema, runIdSchema } from '@caisson/core'
import { createEngine, createMemoryStores, type EngineOptions, type Stores } from '../../src/index.ts'
import { createCrash } from './crashable.ts'
import { createHarness, eventually } from './harness.ts'

/** Short, so that what the dead had in hand is free soon. */
export const limits = { claimMs: 200 }

/** An engine that can be killed, and one that comes after it, over the same state and the same provider. */
export function createGenerations(options: Partial<EngineOptions> = {}) {
  const world = createMemoryWorld()
  const stores = createMemoryStores()
  const crash = createCrash()
  const adapter = createMemoryAdapter({ world })
  const first = createEngine({
    limits,
    ...options,
    adapters: [crash.adapter(adapter)],
    stores: crash.stores(stores),
  })
  const next = (changes: Partial<EngineOptions> = {}) =>
    createHarness({ limits, ...options, ...changes, adapters: [createMemoryAdapter({ world })], stores })
  return { first, crash: crash.crash, next, adapter, stores }
}

export async function untilOutput(stores: Stores, organization: string, run: string, bytes: number) {
  const key = [organizationIdSchema.parse(organization), runIdSchema.parse(run)] as const
  await eventually(async () => (await stores.events.position(...key, '')).storedBytes >= bytes)
}

export async function recoverWhenDead(engine: { recover: () => Promise<{ resumed: number; destroyed: number }> }) {
  return await eventually(async () => {
    const report = await engine.recover()
    return report.resumed > 0 && report
  })
}
