import { expect, test } from 'vitest'
import { account, startFakeRegistry } from './support/fake-registry.ts'
import { onEngines } from './support/on-engines.ts'
import { pullsPrivately } from './support/pulls-privately.ts'

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
      code: 'template-not-found',
      field: 'template',
      remedy: `check the name, and the credentials for ${registry.host} in \`registries\``,
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

// Podman speaks to no registry without TLS unless its own configuration names it: that is tried with an engine of its own.
onEngines(
  ({ socketPath }) => {
    test('an image comes from a private registry, with progress', async () => {
      await using registry = await startFakeRegistry()
      await pullsPrivately(socketPath, registry)
    })
  },
  ['docker'],
)
