import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createLocalAdapter, type EgressEvent } from '@caisson/adapter-local'
import type { SandboxAdapter, SandboxSpec } from '@caisson/core'
import { createJsonLinesSink } from '@caisson/tracing'
import { CommandExitError, Sandbox, SandboxError, Secret } from 'e2b'
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

/** Sandboxes of E2B's clients reach those hosts and no others. */
const policyWithin = (hosts: string): string => `name: inside
version: '1'
classes: { open: { description: Open, isolation: container, prefer: cheapest, egress: { hosts: any } } }
rules:
  - { id: all, then: { place: sandbox, class: open }, reason: all, text: Everything. }
guards:
  - { id: inside, when: { agentType: e2b }, then: { egress: { hosts: ${hosts} } }, reason: inside, text: Stays inside. }
`

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
    const events: EgressEvent[] = []
    await using adapter = createLocalAdapter({
      stateDirectory: join(directory.path, 'local'),
      onEgress: (event) => events.push(event),
    })
    await using service = await startTestService({ adapters: [adapter], policy: policyWithin(hosts) })
    const sandbox = await Sandbox.create('base', connectionTo(service, service.adminKey))
    expect(await reaches(sandbox, 'other.invalid', events)).toBe(other)
    await sandbox.updateNetwork({ allowOut: ['named.invalid', 'other.invalid'] })
    expect(await reaches(sandbox, 'named.invalid', events)).toBe(named)
    expect(await reaches(sandbox, 'other.invalid', events)).toBe(other)
    await sandbox.kill()
  })
})

/** What the policy has granted leads to this machine, too, where the server of the test is. */
function reachingThisMachine(adapter: SandboxAdapter): SandboxAdapter {
  const widened = ({ egress }: SandboxSpec): Pick<SandboxSpec, 'egress'> => {
    if (egress?.mode !== 'allow') return {}
    const hosts = [...new Set(egress.rules.map(({ host }) => host))]
    const rules = hosts.map((host) => ({ host, port: 'any' as const, allowPrivateAddress: true }))
    return { egress: { ...egress, rules } }
  }
  return { ...adapter, create: async (spec, call) => await adapter.create({ ...spec, ...widened(spec) }, call) }
}

test('headers go where the policy lets them, and their values into nothing that the service keeps', async () => {
  await using started = new AsyncDisposableStack()
  const directory = started.use(await temporaryDirectory())
  const traces = join(directory.path, 'traces.jsonl')
  const sink = createJsonLinesSink(traces)
  const service = started.use(
    await startTestService({
      adapters: [reachingThisMachine(createLocalAdapter({ stateDirectory: join(directory.path, 'local') }))],
      policy: policyWithin('[localhost]'),
      sink,
    }),
  )
  const heard: (string | undefined)[] = []
  const server = createServer((request, response) => {
    heard.push(request.headers.authorization)
    response.end()
  }).listen(0, 'localhost')
  started.defer(() => void server.close())
  await once(server, 'listening')

  const connection = connectionTo(service, service.adminKey)
  await Secret.create('key', 'value-of-the-secret', connection)
  const put = (Authorization: string) => [{ transform: { headers: { Authorization } } }]
  const sandbox = await Sandbox.create('base', {
    ...connection,
    metadata: { needle: 'value-of-the-metadata' },
    network: {
      allowOut: ({ rules }) => [...rules.keys()],
      denyOut: ({ allTraffic }) => [allTraffic],
      rules: { localhost: put(`Bearer ${Secret.fill('key')}`), 'other.invalid': put('Bearer value-in-clear') },
    },
  })
  const fetched = async (url: string): Promise<string> => {
    const script = `NO_PROXY= no_proxy= curl -sS -o /dev/null -w '%{http_code}' ${url}`
    return (await sandbox.commands.run(script)).stdout
  }
  expect(await fetched(`http://localhost:${(server.address() as AddressInfo).port}/`)).toBe('200')
  expect(heard).toEqual(['Bearer value-of-the-secret'])
  expect(await fetched('http://other.invalid/')).toBe('403')

  const filesWith = (text: string): string => {
    const where = [service.config.stateDirectory, traces]
    return execFileSync('sh', ['-c', `grep -rlaF -e "$0" "$@" || true`, text, ...where], { encoding: 'utf8' })
  }
  await sandbox.kill()
  await sink.flush()
  expect(filesWith('value-of-the-metadata')).not.toBe('')
  expect(filesWith('sandbox.open')).toContain(traces)
  for (const value of ['value-of-the-secret', 'value-in-clear']) expect(filesWith(value)).toBe('')
})
