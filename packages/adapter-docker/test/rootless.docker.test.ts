import { createDockerAdapter } from '@caisson/adapter-docker'
import { defineConformance, pythonPrograms } from '@caisson/conformance'
import { freshId } from '@caisson/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeRegistry, startFakeRegistry } from './support/fake-registry.ts'
import { pullsPrivately } from './support/pulls-privately.ts'
import { type RootlessEngine, rootlessMissing, startRootless } from './support/rootless-engine.ts'

/** What Docker does without root as it does with it is checked there. */
const only = {
  docker: ['capabilities', 'lifecycle', 'isolation', 'limits', 'content', 'volumes', 'errors'],
  podman: undefined,
} as const

for (const kind of ['docker', 'podman'] as const) {
  const missing = rootlessMissing(kind)

  describe(`rootless ${kind}`, () => {
    if (missing !== undefined) {
      it.skip(`conformance of rootless ${kind}: ${missing}`, () => undefined)
      return
    }
    let engine: RootlessEngine | undefined
    let registry: FakeRegistry | undefined
    beforeAll(async () => {
      registry = await startFakeRegistry()
      engine = await startRootless(kind, registry.host)
    })
    afterAll(async () => {
      await engine?.[Symbol.asyncDispose]()
      await registry?.[Symbol.asyncDispose]()
    })

    const namespace = freshId('t')
    const createAdapter = (limits?: []) => {
      const { socketPath = '', image = '' } = engine ?? {}
      return createDockerAdapter({
        name: kind,
        engine: { socketPath },
        namespace,
        templates: { base: { image } },
        limits,
      })
    }

    it('without control groups the usual limits must not be declared, and none are by `limits: []`', async ({
      skip,
    }) => {
      const adapter = createAdapter()
      if ((await adapter.probe()).status === 'healthy') skip('this machine delegates control groups to ordinary users')
      await expect(adapter.create({})).rejects.toMatchObject({ code: 'unsupported', remedy: /limits: \[\]/ })
      const none = createAdapter([])
      const features = expect.not.arrayContaining(['pause', 'metrics'])
      expect(none.capabilities).toMatchObject({ limits: [], features })
      await expect(none.create({ onExpiry: 'pause' })).rejects.toMatchObject({ code: 'unsupported', field: 'onExpiry' })
      await expect(none.create({ resources: { memoryBytes: 2 ** 28 } })).rejects.toMatchObject({ code: 'unsupported' })
    })

    it('an image comes from a private registry, with progress', async () => {
      if (engine === undefined || registry === undefined) throw new Error('there is no engine')
      await pullsPrivately(engine.socketPath, registry)
    })

    defineConformance(
      { name: `rootless ${kind}`, createAdapter: () => createAdapter([]), programs: pythonPrograms },
      { describe, it, beforeAll, afterAll },
      { only: only[kind] },
    )
  })
}
