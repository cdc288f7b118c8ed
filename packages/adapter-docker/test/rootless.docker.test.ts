import { createDockerAdapter } from '@caisson/adapter-docker'
import { defineConformance } from '@caisson/conformance'
import { freshId } from '@caisson/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { programs } from './support/programs.ts'
import { rootlessMissing, type RootlessPodman, startRootlessPodman } from './support/rootless-podman.ts'

const missing = rootlessMissing()

describe('rootless Podman', () => {
  if (missing !== undefined) {
    it.skip(`conformance of rootless Podman: ${missing}`, () => undefined)
    return
  }
  let podman: RootlessPodman | undefined
  beforeAll(async () => {
    podman = await startRootlessPodman()
  })
  afterAll(async () => await podman?.[Symbol.asyncDispose]())

  const namespace = freshId('t')
  const createAdapter = (limits?: []) => {
    const { socketPath = '', image = '' } = podman ?? {}
    return createDockerAdapter({
      name: 'podman',
      engine: { socketPath },
      namespace,
      templates: { base: { image } },
      limits,
    })
  }

  it('without control groups the usual limits must not be declared, and none are by `limits: []`', async ({ skip }) => {
    const adapter = createAdapter()
    if ((await adapter.probe()).status === 'healthy') skip('this machine delegates control groups to ordinary users')
    await expect(adapter.create({})).rejects.toMatchObject({ code: 'unsupported', remedy: /limits: \[\]/ })
    const none = createAdapter([])
    expect(none.capabilities).toMatchObject({ limits: [], features: expect.not.arrayContaining(['pause', 'metrics']) })
    await expect(none.create({ onExpiry: 'pause' })).rejects.toMatchObject({ code: 'unsupported', field: 'onExpiry' })
    await expect(none.create({ resources: { memoryBytes: 2 ** 28 } })).rejects.toMatchObject({ code: 'unsupported' })
  })

  defineConformance(
    { name: 'rootless podman', createAdapter: () => createAdapter([]), programs },
    { describe, it, beforeAll, afterAll },
  )
})
