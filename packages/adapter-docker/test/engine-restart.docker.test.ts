import { decodeText, isSandboxError, runShell } from '@caisson/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leftovers, onEngines } from './support/on-engines.ts'
import { type PrivateDockerd, startPrivateDockerd } from './support/private-dockerd.ts'

onEngines(
  ({ adapter: adapterOn, namespace }) => {
    let dockerd: PrivateDockerd

    beforeAll(async () => {
      dockerd = await startPrivateDockerd()
    })
    afterAll(async () => await dockerd?.remove())

    test('an engine that dies in the middle and comes back is used again, and nothing is left of the time before', async () => {
      const { socketPath, image } = dockerd
      const adapter = adapterOn({ engine: { socketPath }, templates: { base: { image } } })
      const sandbox = await adapter.create({})
      const creations = Array.from({ length: 4 }, async () => await adapter.create({}).catch((error: unknown) => error))
      await new Promise((done) => setTimeout(done, 150))
      await dockerd.kill()

      const outcomes = await Promise.all(creations)
      const failures = outcomes.filter(isSandboxError)
      expect(failures.length).toBeGreaterThan(0)
      for (const { code, retryable } of failures)
        expect({ code, retryable }).toEqual({ code: 'unavailable', retryable: true })
      const unavailable = { code: 'unavailable', retryable: true, remedy: /start the engine/ }
      await expect(adapter.create({})).rejects.toMatchObject(unavailable)
      await expect(sandbox.info()).rejects.toMatchObject(unavailable)
      expect(await adapter.probe()).toMatchObject({ status: 'unavailable', remedy: /start the engine/ })

      await dockerd.start()
      expect(await adapter.probe()).toMatchObject({ status: 'healthy' })
      await adapter.sweep?.()
      await expect(sandbox.info()).rejects.toMatchObject({ code: 'sandbox-not-found' })
      const fresh = await adapter.create({})
      expect(decodeText((await runShell(fresh, 'echo back')).stdout)).toBe('back\n')
      expect(await Array.fromAsync(adapter.list(), ({ id }) => id)).toEqual([fresh.id])
      await fresh.destroy()
      expect(await leftovers(dockerd.docker, namespace)).toEqual([])
    })
  },
  ['docker'],
)
