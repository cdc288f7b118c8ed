import { createClient } from '@caisson/client'
import { createMemoryAdapter, createMemoryWorld } from '@caisson/conformance/memory'
import { silentSink } from '@caisson/tracing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { createLogger } from '../src/logger.ts'
import { type Service, startService } from '../src/service.ts'
import { addressOf, embeddedServer, temporaryDirectory, type TestServer } from './support/databases.ts'
import { createKeyStore } from '../src/keys/key-store.ts'
import { openDatabase } from '../src/store/database.ts'
import { firstOrganization } from '../src/keys/bootstrap-key.ts'

const stack = new AsyncDisposableStack()
let server: TestServer
let services: readonly [Service, Service]
let apiKey: string
let executions = 0

beforeAll(async () => {
  server = stack.use(await embeddedServer())
  const databaseUrl = addressOf(await server.fresh())
  const world = createMemoryWorld()
  const start = async () => {
    const directory = stack.use(await temporaryDirectory())
    const config = readConfig({
      CAISSON_PORT: '0',
      CAISSON_STATE_DIR: directory.path,
      CAISSON_LOG_LEVEL: 'error',
      DATABASE_URL: databaseUrl,
    })
    const count = async () => {
      executions += 1
      return 0
    }
    return await startService(config, {
      adapters: [createMemoryAdapter({ name: 'local', world, programs: { count } })],
      sink: silentSink,
      hostFunctions: {},
      logger: createLogger('error'),
    })
  }
  services = await Promise.all([start(), start()])
  for (const service of services) stack.use(service)
  const opened = openDatabase({ connectionString: databaseUrl }, { connections: 2, onError: () => {} })
  const created = await createKeyStore(opened.database).create({ name: 'test', role: 'admin' }, firstOrganization)
  apiKey = created.key
  await opened.pool.end()
}, 60_000)
afterAll(async () => await stack.disposeAsync())

const clients = () => services.map(({ url }) => createClient({ url, apiKey }))

it('run once what is submitted to both at the same time', async () => {
  const ids = Array.from({ length: 20 }, (_, index) => `once${index}`)
  const runs = await Promise.all(
    ids.flatMap((id) =>
      clients().map(
        async (client) => await client.runs.run({ kind: 'command.run', input: { argv: ['count'] } }, { id }),
      ),
    ),
  )
  expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(['succeeded']))
  expect(new Set(runs.map(({ attempts }) => attempts.length))).toEqual(new Set([1]))
  expect(executions).toBe(20)
})

it('follow each other: what one runs the other tells as it happens', async () => {
  const [first, second] = clients()
  if (first === undefined || second === undefined) throw new Error('there are two')
  const run = await first.runs.submit({ kind: 'command.run', input: { argv: ['sh', '-c', 'echo one; sleep 60'] } })
  const begun = Date.now()
  for await (const event of second.runs.events(run.id)) {
    if (event.type === 'output') break
  }
  expect(Date.now() - begun).toBeLessThan(5000)
  expect((await second.sandboxes.list()).map(({ labels }) => labels['run'])).toEqual([run.id])
  expect(await second.runs.cancel(run.id)).toMatchObject({ status: 'cancelled' })
  expect(await first.runs.get(run.id)).toMatchObject({ status: 'cancelled' })
})
