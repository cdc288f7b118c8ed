import { expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { createLogger } from '../src/logger.ts'
import { wireAdapters } from '../src/wire.ts'

const wiring = { logger: createLogger('silent'), egress: () => undefined }

it('makes the adapter of E2B as it is configured', { timeout: 60_000 }, async () => {
  const environment = {
    CAISSON_ADAPTERS: 'e2b',
    E2B_API_KEY: 'e2b_0',
    // Nothing answers there, and nothing is asked before somebody wants a sandbox.
    CAISSON_E2B_CLOUD_URL: 'http://127.0.0.1:9/e2b',
    CAISSON_E2B_CLOUD_TEMPLATES: 'code=tpl123,plain=base',
    CAISSON_E2B_CLOUD_HOURS: '24',
  }
  const features = async (more: Record<string, string>) => {
    const [adapter] = await wireAdapters(readConfig({ ...environment, ...more }), wiring)
    if (adapter === undefined) throw new Error('there is no adapter')
    expect(adapter).toMatchObject({
      name: 'e2b',
      capabilities: {
        isolation: 'microvm',
        templates: ['code', 'plain'],
        maxTtlMs: 24 * 3_600_000,
        locality: 'remote',
      },
    })
    expect(await adapter.probe()).toMatchObject({ status: 'unavailable' })
    return adapter.capabilities.features
  }
  expect(await features({})).not.toContain('egress-allow')
  expect(await features({ CAISSON_E2B_CLOUD_EGRESS: 'web' })).toContain('egress-allow')
})
