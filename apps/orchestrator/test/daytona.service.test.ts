import { join } from 'node:path'
import { createLocalAdapter } from '@caisson/adapter-local'
import { Daytona } from '@daytonaio/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from './support/databases.ts'
import { strictestPolicy } from './support/strictest-policy.ts'
import { startTestService, type TestService } from './support/service.ts'

/** The only options that somebody with code for Daytona has to set. */
const connectTo = ({ url }: TestService, apiKey: string) =>
  new Daytona({ apiKey, apiUrl: `${url}/daytona`, target: 'local', useDeprecatedPolling: true })

describe("Daytona's SDK against the service", () => {
  const started = new AsyncDisposableStack()
  let service: TestService
  let daytona: Daytona
  beforeAll(async () => {
    const directory = started.use(await temporaryDirectory())
    const adapter = createLocalAdapter({ stateDirectory: join(directory.path, 'local') })
    service = started.use(await startTestService({ adapters: [adapter], environment: { CAISSON_MAX_SANDBOXES: '2' } }))
    daytona = started.use(connectTo(service, service.adminKey))
  })
  afterAll(async () => await started.disposeAsync())

  test('works in a sandbox that the policy placed, the audit log knows and a lease pays for', async () => {
    const sandbox = await daytona.create({ language: 'python', labels: { job: '1' } })
    expect((await sandbox.process.executeCommand('echo $((6 * 7))')).result).toBe('42\n')
    const [listed] = await service.admin.sandboxes.list()
    expect(listed).toMatchObject({ adapter: 'local', labels: { organization: 'default' } })
    expect(await Array.fromAsync(daytona.list({ labels: { job: '1' } }))).toHaveLength(1)
    await sandbox.delete()
    expect(await service.admin.sandboxes.list()).toEqual([])
  })

  test('follows a session and types into a terminal below the path of the service', async () => {
    const sandbox = await daytona.create({})
    await sandbox.process.createSession('s')
    const { cmdId } = await sandbox.process.executeSessionCommand('s', { command: 'seq 3', runAsync: true })
    let heard = ''
    await sandbox.process.getSessionCommandLogs(
      's',
      cmdId,
      (text) => (heard += text),
      () => undefined,
    )
    expect(heard).toBe('1\n2\n3\n')
    const terminal = await sandbox.process.createPty({ id: 't', onData: () => undefined })
    await terminal.sendInput('exit 4\n')
    expect(await terminal.wait()).toMatchObject({ exitCode: 4 })
    await sandbox.delete()
  })

  test('gives a name to one of those who want it at one time, and knows no name with NUL', async () => {
    const both = await Promise.allSettled([daytona.create({ name: 'mine' }), daytona.create({ name: 'mine' })])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    await (await daytona.get('mine')).delete()
    const headers = { authorization: `Bearer ${service.adminKey}` }
    const nothing = await fetch(`${service.url}/daytona/sandbox/%00`, { headers })
    expect(nothing.status).toBe(404)
    await nothing.text()
  })

  test('holds the quota with the error that clients know, and archived sandboxes do not count', async () => {
    const [first, second] = await Promise.all([daytona.create({}), daytona.create({})])
    const refused: unknown = await daytona.create({}).catch((error: unknown) => error)
    expect(refused).toMatchObject({ name: 'DaytonaRateLimitError', statusCode: 429 })
    await first.stop()
    await first.archive()
    const third = await daytona.create({})
    await Promise.all([first, second, third].map(async (sandbox) => await sandbox.delete()))
    expect(await service.admin.sandboxes.list()).toEqual([])
  })

  test('keeps one organization from the sandboxes of another', async () => {
    const sandbox = await daytona.create({ name: 'mine' })
    const other = await service.as('other', 'agent')
    expect(await other.sandboxes.list().catch(() => [])).toEqual([])
    await using wrong = connectTo(service, `e2b_${'0'.repeat(40)}`)
    await expect(wrong.get(sandbox.id)).rejects.toMatchObject({ name: 'DaytonaAuthenticationError' })
    await sandbox.delete()
  })
})

test('a policy that wants more than is there refuses', async () => {
  await using service = await startTestService({ policy: strictestPolicy('daytona') })
  await using daytona = connectTo(service, service.adminKey)
  await expect(daytona.create({})).rejects.toMatchObject({
    statusCode: 403,
    message: expect.stringContaining('No adapter'),
  })
})
