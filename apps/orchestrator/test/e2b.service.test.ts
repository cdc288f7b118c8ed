import { join } from 'node:path'
import { createLocalAdapter, type EgressEvent } from '@caisson/adapter-local'
import { CommandExitError, Sandbox, SandboxError } from 'e2b'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from './support/databases.ts'
import { strictestPolicy } from './support/strictest-policy.ts'
import { startTestService, type TestService } from './support/service.ts'

/** The only options that somebody with E2B code has to set. */
const connectionTo = ({ url }: TestService, apiKey: string) => ({
  apiKey,
  apiUrl: `${url}/e2b`,
  sandboxUrl: `${url}/e2b`,
})

describe("E2B's SDK against the service", () => {
  const started = new AsyncDisposableStack()
  let service: TestService
  beforeAll(async () => {
    const directory = started.use(await temporaryDirectory())
    const adapter = createLocalAdapter({ stateDirectory: join(directory.path, 'local') })
    service = started.use(await startTestService({ adapters: [adapter], environment: { CAISSON_MAX_SANDBOXES: '2' } }))
  })
  afterAll(async () => await started.disposeAsync())

  test('works in a sandbox that the policy placed, the audit log knows and a lease pays for', async () => {
    const connection = connectionTo(service, service.adminKey)
    const sandbox = await Sandbox.create('base', connection)
    const { stdout } = await sandbox.commands.run('echo $((6 * 7))')
    expect(stdout).toBe('42\n')
    const [listed] = await service.admin.sandboxes.list()
    expect(listed).toMatchObject({ adapter: 'local', labels: { organization: 'default' } })
    expect(await sandbox.kill()).toBe(true)
    expect(await service.admin.sandboxes.list()).toEqual([])
  })

  test('holds the quota with the error that clients wait for', async () => {
    const connection = connectionTo(service, service.adminKey)
    const sandboxes = await Promise.all([Sandbox.create('base', connection), Sandbox.create('base', connection)])
    const refused = await Sandbox.create('base', { ...connection, requestTimeoutMs: 60_000 }).catch(
      (error: unknown) => error,
    )
    expect(refused).toMatchObject({ name: 'RateLimitError' })
    await Promise.all(sandboxes.map(async (sandbox) => await sandbox.kill()))
    const again = await Sandbox.create('base', connection)
    expect(await again.kill()).toBe(true)
  })

  test('refuses a wrong key', async () => {
    const wrong = connectionTo(service, `e2b_${'0'.repeat(40)}`)
    await expect(Sandbox.create('base', wrong)).rejects.toMatchObject({ name: 'AuthenticationError' })
  })
})

test('a policy that wants more than is there refuses', async () => {
  await using service = await startTestService({ policy: strictestPolicy('e2b') })
  const refused = await Sandbox.create('base', connectionTo(service, service.adminKey)).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(SandboxError)
  expect(refused).toMatchObject({ statusCode: 403, message: expect.stringContaining('No adapter') })
})

describe("the way out of a sandbox is the policy's to open", () => {
  const reaches = async (sandbox: Sandbox, host: string, events: readonly EgressEvent[]): Promise<string> => {
    const program = `python3 -c "import urllib.request as r; r.urlopen('http://${host}/', timeout=20)"`
    await sandbox.commands.run(program).catch((error: unknown) => {
      if (!(error instanceof CommandExitError)) throw error
    })
    const event = events.findLast((one) => one.host === host)
    return event === undefined ? 'nothing asked' : (event.reason ?? 'granted')
  }

  test.each([
    ['any', 'unresolvable', 'unresolvable'],
    ['[named.invalid]', 'not-allowed', 'unresolvable'],
  ])('at creation and later: hosts %s', async (hosts, other, named) => {
    await using directory = await temporaryDirectory()
    const policy = `name: inside
version: '1'
classes: { open: { description: Open, isolation: container, prefer: cheapest, egress: { hosts: any } } }
rules:
  - { id: all, then: { place: sandbox, class: open }, reason: all, text: Everything. }
guards:
  - { id: inside, when: { agentType: e2b }, then: { egress: { hosts: ${hosts} } }, reason: inside, text: Stays inside. }
`
    const events: EgressEvent[] = []
    await using adapter = createLocalAdapter({
      stateDirectory: join(directory.path, 'local'),
      onEgress: (event) => events.push(event),
    })
    await using service = await startTestService({ adapters: [adapter], policy })
    const sandbox = await Sandbox.create('base', connectionTo(service, service.adminKey))
    expect(await reaches(sandbox, 'other.invalid', events)).toBe(other)
    await sandbox.updateNetwork({ allowOut: ['named.invalid', 'other.invalid'] })
    expect(await reaches(sandbox, 'named.invalid', events)).toBe(named)
    expect(await reaches(sandbox, 'other.invalid', events)).toBe(other)
    await sandbox.kill()
  })
})
