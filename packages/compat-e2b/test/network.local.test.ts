import { once } from 'node:events'
import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalAdapter, type EgressEvent } from '@caisson/adapter-local'
import { CommandExitError, Sandbox } from 'e2b'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './support/start-gateway.ts'

const events: EgressEvent[] = []
const started = new AsyncDisposableStack()
let gateway: TestGateway
let hostUrl: string
beforeAll(async () => {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'caisson-e2b-'))
  started.defer(async () => await rm(stateDirectory, { recursive: true, force: true }))
  const adapter = started.use(createLocalAdapter({ stateDirectory, onEgress: (event) => events.push(event) }))
  gateway = started.use(await startGateway({ adapter }))
  const server = createServer((_, response) => response.end('of the host')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  started.defer(() => void server.close())
  const address = server.address()
  hostUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`
})
afterAll(async () => {
  expect(gateway.failures).toEqual([])
  await started.disposeAsync()
})

/** Through the proxy, wherever it leads. */
const program = (url: string) =>
  `NO_PROXY= no_proxy= python3 -c "import urllib.request as r; r.urlopen('${url}', timeout=20)"`

/** Why the sandbox did not reach an address; this machine need not reach it either. */
async function verdictOn(sandbox: Sandbox, url: string): Promise<string | undefined> {
  const before = events.length
  await sandbox.commands.run(program(url)).catch((error: unknown) => {
    if (!(error instanceof CommandExitError)) throw error
  })
  const event = events.slice(before).find(({ host }) => url.includes(host))
  return event?.verdict === 'granted' || event?.reason === 'unresolvable' ? 'allowed' : event?.reason
}

describe('the way out of a sandbox', () => {
  test('leads into the internet, never into the machine and its network', async () => {
    const sandbox = await Sandbox.create('base', gateway.connection())
    expect(await verdictOn(sandbox, 'http://caisson.invalid/')).toBe('allowed')
    expect(await verdictOn(sandbox, hostUrl)).toBe('private-address')
    expect(await verdictOn(sandbox, 'http://169.254.169.254/')).toBe('private-address')
    await sandbox.kill()
  })

  test('is not taken to what listens in the sandbox itself', async () => {
    const sandbox = await Sandbox.create('base', gateway.connection())
    await sandbox.files.write('www/index.html', 'from inside')
    await sandbox.commands.run('python3 -m http.server 8000 --directory www', { background: true })
    const read = `python3 -c "import urllib.request as r; print(r.urlopen('http://localhost:8000/').read().decode())"`
    await expect
      .poll(async () => await sandbox.commands.run(read).catch(String), { timeout: 30_000 })
      .toMatchObject({ stdout: 'from inside\n' })
    await sandbox.kill()
  })

  test('is closed, opened and narrowed while it runs', async () => {
    const sandbox = await Sandbox.create('base', { ...gateway.connection(), allowInternetAccess: false })
    expect(await verdictOn(sandbox, 'http://caisson.invalid/')).toBe('not-allowed')
    await sandbox.updateNetwork({ allowOut: ['caisson.invalid'], denyOut: ({ allTraffic }) => [allTraffic] })
    expect(await verdictOn(sandbox, 'http://caisson.invalid/')).toBe('allowed')
    expect(await verdictOn(sandbox, 'http://other.invalid/')).toBe('not-allowed')
    await sandbox.updateNetwork({})
    expect(await verdictOn(sandbox, 'http://other.invalid/')).toBe('allowed')
    await sandbox.updateNetwork({ denyOut: ['192.0.2.0/24'] })
    expect(await verdictOn(sandbox, 'http://192.0.2.1/')).toBe('not-allowed')
    expect((await sandbox.getInfo()).network).toMatchObject({ denyOut: ['192.0.2.0/24'] })
    await sandbox.kill()
  })
})
