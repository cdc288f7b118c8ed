import { serveGateway } from '@caisson/compat-kit/testing'
import { Daytona, type Sandbox } from '@daytonaio/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDaytonaGateway } from '../src/index.ts'
import { startLocalGateway, type TestGateway } from './support/start-gateway.ts'

const started = new AsyncDisposableStack()
let gateway: TestGateway
/** The same sandbox, through the replica that made it and through another one. */
let here: Sandbox
let there: Sandbox

beforeAll(async () => {
  gateway = started.use(await startLocalGateway())
  const other = started.use(createDaytonaGateway({ host: gateway.memory.host, secret: 's'.repeat(32) }))
  const served = started.use(await serveGateway(other))
  const options = { ...gateway.connection(), target: 'local', useDeprecatedPolling: true }
  const daytona = started.use(new Daytona(options))
  here = await daytona.create({})
  there = await started.use(new Daytona({ ...options, apiUrl: served.url })).get(here.id)
})
afterAll(async () => {
  await here.delete()
  expect(gateway.memory.failures).toEqual([])
  await started.disposeAsync()
})

test('a session goes on through another replica: its state, new commands and their input', async () => {
  await here.process.createSession('shared')
  await here.process.executeSessionCommand('shared', { command: 'cd /tmp; export KEPT=yes' })
  const ran = await there.process.executeSessionCommand('shared', { command: 'echo "$PWD $KEPT"; echo bad >&2' })
  expect(ran).toMatchObject({ stdout: '/tmp yes\n', stderr: 'bad\n', exitCode: 0 })
  const { cmdId } = await here.process.executeSessionCommand('shared', {
    command: 'read word; echo "heard $word"',
    runAsync: true,
  })
  await expect
    .poll(async () => (await there.process.getSession('shared')).commands?.some(({ id }) => id === cmdId))
    .toBe(true)
  await there.process.sendSessionCommandInput('shared', cmdId, 'this')
  await expect
    .poll(async () => (await there.process.getSessionCommandLogs('shared', cmdId)).stdout)
    .toBe('heard this\n')
  expect((await here.process.getSession('shared')).commands).toHaveLength(3)
  await there.process.deleteSession('shared')
})

test('a terminal is typed into and resized through another replica, and shows both the same', async () => {
  const shown = { here: '', there: '' }
  const decode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
  const first = await here.process.createPty({ id: 'shared', onData: (data) => void (shown.here += decode(data)) })
  await first.sendInput('echo from-$((1+1))-here\n')
  await expect.poll(() => shown.here).toContain('from-2-here')
  const second = await there.process.connectPty('shared', { onData: (data) => void (shown.there += decode(data)) })
  await second.sendInput('echo from-$((1+2))-there\n')
  await expect.poll(() => shown.there).toMatch(/from-2-here[^]*from-3-there/)
  await expect.poll(() => shown.here).toContain('from-3-there')
  await second.resize(132, 43)
  await second.sendInput('stty size; exit 7\n')
  expect(await first.wait()).toMatchObject({ exitCode: 7 })
  expect(shown.here).toContain('43 132')
  await Promise.all([first.disconnect(), second.disconnect()])
})
