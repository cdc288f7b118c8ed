import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalAdapter } from '@caisson/adapter-local'
import { Sandbox, Secret } from 'e2b'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reachingThisMachine } from './support/private-servers.ts'
import { startGateway, type TestGateway } from './support/start-gateway.ts'

const started = new AsyncDisposableStack()
let gateway: TestGateway
let secureUrl = ''
let plainUrl = ''

const listen = async (server: Server): Promise<number> => {
  server.listen(0, 'localhost')
  await once(server, 'listening')
  started.defer(() => void server.close())
  return (server.address() as AddressInfo).port
}
/** What `authorization` a request had. */
const echo = (request: IncomingMessage, response: ServerResponse): void =>
  void response.end((request.headersDistinct['authorization'] ?? ['none']).join(' and '))

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'caisson-e2b-'))
  started.defer(() => rmSync(directory, { recursive: true, force: true }))
  const files = ['-keyout', join(directory, 'key.pem'), '-out', join(directory, 'cert.pem')]
  const made = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost'
  execFileSync('openssl', [...made.split(' '), ...files], { stdio: 'ignore', timeout: 30_000 })
  const cert = readFileSync(join(directory, 'cert.pem'), 'utf8')
  const key = readFileSync(join(directory, 'key.pem'), 'utf8')
  secureUrl = `https://localhost:${await listen(createServer({ cert, key }, echo))}/`
  plainUrl = `http://localhost:${await listen(createHttpServer(echo))}/`
  const adapter = started.use(
    createLocalAdapter({ stateDirectory: join(directory, 'state'), egressAuthorities: [cert] }),
  )
  gateway = started.use(await startGateway({ adapter: reachingThisMachine(adapter) }))
})
afterAll(async () => {
  expect(gateway.failures).toEqual([])
  await started.disposeAsync()
})

/** Only this host, with that header. */
const only = (authorization: string) => ({
  allowOut: ({ rules }: { readonly rules: ReadonlyMap<string, unknown> }) => [...rules.keys()],
  denyOut: ({ allTraffic }: { readonly allTraffic: string }) => [allTraffic],
  rules: { Localhost: [{ transform: { headers: { Authorization: authorization } } }] },
})
/** What the server says to a program that has a header of its own; the name of this machine is one that goes through the way out here. */
const fetched = async (sandbox: Sandbox, url = secureUrl): Promise<string> =>
  (await sandbox.commands.run(`NO_PROXY= no_proxy= curl -sS --max-time 20 -H 'Authorization: mine' ${url}`)).stdout

describe("headers of E2B's network rules", () => {
  test('are put into requests with TLS and without, in the place of what the program sends', async () => {
    const sandbox = await Sandbox.create('base', { ...gateway.connection(), network: only('Bearer plain') })
    expect(await fetched(sandbox)).toBe('Bearer plain')
    expect(await fetched(sandbox, plainUrl)).toBe('Bearer plain')
    const python = `NO_PROXY= no_proxy= python3 -c "import urllib.request as r; print(r.urlopen('${secureUrl}', timeout=20).read().decode())"`
    expect((await sandbox.commands.run(python)).stdout).toBe('Bearer plain\n')
    expect((await sandbox.getInfo()).network?.rules).toEqual({ localhost: only('Bearer plain').rules.Localhost })
    await sandbox.kill()
  })

  test('come, change and go while the sandbox runs', async () => {
    const sandbox = await Sandbox.create('base', gateway.connection())
    await sandbox.updateNetwork(only('Bearer one'))
    expect(await fetched(sandbox)).toBe('Bearer one')
    await sandbox.updateNetwork(only('Bearer two'))
    expect(await fetched(sandbox)).toBe('Bearer two')
    await sandbox.updateNetwork({ ...only(''), rules: {}, allowOut: ['localhost'] })
    expect(await fetched(sandbox, plainUrl)).toBe('mine')
    expect((await sandbox.getInfo()).network?.rules).toBeUndefined()
    await sandbox.kill()
  })

  test('open nothing by themselves', async () => {
    const network = { ...only('Bearer plain'), allowOut: ['example.com'] }
    const sandbox = await Sandbox.create('base', { ...gateway.connection(), network })
    const refused = await sandbox.commands
      .run(`NO_PROXY= no_proxy= curl -sS -o /dev/null -w '%{http_connect}' ${secureUrl} || true`)
      .then(({ stdout }) => stdout)
    expect(refused).toBe('403')
    await sandbox.kill()
  })
})

describe('secrets in headers', () => {
  test('go out and nowhere else, and are always those of now', async () => {
    const connection = gateway.connection()
    await Secret.create('Service-Key', 'first-value', connection)
    await Secret.create('service-key', 'of-another-organization', gateway.connection('umbrella'))
    const network = only(`Bearer ${Secret.fill('service-key')}`)
    const sandbox = await Sandbox.create('base', { ...connection, network })
    expect(await fetched(sandbox)).toBe('Bearer first-value')

    const told = await fetch(`${gateway.url}/sandboxes/${sandbox.sandboxId}`, {
      headers: { 'x-api-key': connection.apiKey },
    })
    const text = await told.text()
    expect(text).toContain('Bearer ${e2b.secrets.service-key}')
    expect(text).not.toContain('first-value')
    const inside = await sandbox.commands.run(
      `{ env; cat /proc/[0-9]*/environ; grep -rIs --exclude-dir=proc --exclude-dir=sys --exclude-dir=usr 'first-valu[e]' /; } 2>/dev/null | tr '\\0' '\\n' || true`,
    )
    expect(inside.stdout).toContain('E2B_SANDBOX=true')
    expect(inside.stdout).not.toContain('first-value')

    await Secret.update('service-key', 'second-value', connection)
    expect(await fetched(sandbox)).toBe('Bearer second-value')
    const [fork] = await sandbox.fork()
    if (!(fork instanceof Sandbox)) throw fork
    expect(await fetched(fork)).toBe('Bearer second-value')
    await fork.kill()
    await Secret.destroy('service-key', connection)
    expect(await fetched(sandbox)).toBe('Bearer')
    await sandbox.kill()
  })
})
