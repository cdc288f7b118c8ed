import { expect, test } from 'vitest'
import { createEngine } from '../src/engine.ts'
import { pullImage } from '../src/pull-image.ts'
import type { PullProgress } from '../src/options.ts'
import { account, startFakeRegistry } from './support/fake-registry.ts'
import { onEngines } from './support/on-engines.ts'

onEngines(({ adapter: adapterOn }) => {
  test.each([
    ['without credentials', {}, 'team/image:1'],
    ['with a wrong password', { password: 'wrong' }, 'team/image:1'],
    ['an image that the registry does not have', account, 'team/other:1'],
  ])('a pull that is denied says so and names the remedy, and no password: %s', async (_, credentials, name) => {
    await using registry = await startFakeRegistry()
    const adapter = adapterOn({
      templates: { pulled: { image: `${registry.host}/${name}`, pull: 'if-missing' } },
      registries: 'password' in credentials ? { [registry.host]: { ...account, ...credentials } } : {},
    })
    const error: unknown = await adapter.create({}).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      '@caisson/error': 'sandbox',
      code: expect.stringMatching(/^(template-not-found|unauthenticated|permission-denied|provider)$/),
      remedy: /registries|credentials/,
    })
    expect(String(error)).not.toContain(account.password)
  })

  test('a registry that is not there is told', async () => {
    const adapter = adapterOn({ templates: { pulled: { image: '127.0.0.1:9/team/image:1', pull: 'if-missing' } } })
    await expect(adapter.create({})).rejects.toMatchObject({
      message: /127\.0\.0\.1:9/,
      remedy: /registries|credentials/,
    })
  })
})

// Podman speaks to no registry without TLS unless its own configuration names it.
onEngines(
  ({ kind, socketPath, docker }) => {
    test('an image comes from a private registry, with progress', async () => {
      await using registry = await startFakeRegistry()
      const engine = createEngine(kind, { socketPath })
      const image = `${registry.host}/team/image:1`
      const progress: PullProgress[] = []
      const pulling = {
        registries: { [registry.host]: account },
        onPullProgress: (step: PullProgress) => progress.push(step),
      }
      try {
        await pullImage(engine, pulling, image)
        expect((await docker.getImage(image).inspect()).Size).toBeGreaterThan(2_000_000)
        expect(progress.length).toBeGreaterThan(0)
        expect(new Set(progress.map((step) => step.image))).toEqual(new Set([image]))
        expect(progress.some(({ status }) => status !== '')).toBe(true)
      } finally {
        engine.close()
        await docker
          .getImage(image)
          .remove({ force: true })
          .catch(() => undefined)
      }
    })
  },
  ['docker'],
)
