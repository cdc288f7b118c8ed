import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { Daytona, type Sandbox } from '@daytonaio/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLocalGateway, type TestGateway } from './support/start-gateway.ts'
import { told } from './support/told.ts'

const mib = 2 ** 20
let gateway: TestGateway
let daytona: Daytona
let sandbox: Sandbox

beforeAll(async () => {
  gateway = await startLocalGateway()
  daytona = new Daytona({ ...gateway.connection(), target: 'local', useDeprecatedPolling: true })
  sandbox = await daytona.create({})
})
afterAll(async () => {
  await sandbox.delete()
  await daytona[Symbol.asyncDispose]()
  const held = gateway.memory.held()
  await gateway[Symbol.asyncDispose]()
  expect(gateway.memory.failures).toEqual([])
  expect(held).toEqual([])
})

const sh = async (command: string): Promise<string> => (await sandbox.process.executeCommand(command)).result

/** Of this process, without what was only reserved. */
function rssBytes(): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
}

test('a directory, what is missing, a NUL and what belongs to root are told apart', async () => {
  const { fs } = sandbox
  expect(await told(fs.downloadFile('/etc'))).toMatchObject({ statusCode: 400 })
  expect(await told(fs.downloadFile('/gone'))).toMatchObject({ name: 'DaytonaFileNotFoundError', statusCode: 404 })
  expect(await told(fs.getFileDetails('a\0b'))).toMatchObject({ statusCode: 400 })
  expect(await told(fs.getFileDetails('x'.repeat(5000)))).toMatchObject({ statusCode: 400 })
  expect(await told(fs.uploadFile(Buffer.from('x'), '/etc/passwd'))).toMatchObject({ statusCode: 403 })
  expect(await told(fs.createFolder('/proc/x', '755'))).toMatchObject({ statusCode: expect.any(Number) })
  expect(await told(fs.moveFiles('gone', 'there'))).toMatchObject({ statusCode: 404 })
  expect(await told(fs.deleteFile('gone'))).toMatchObject({ statusCode: 404 })
})

test('a path that leads upwards or through a link stays in the sandbox', async () => {
  const canary = readFileSync('/etc/machine-id', { encoding: 'utf8', flag: 'r' }).trim()
  await sh('ln -s /etc linked; ln -s ../../../../../../../../etc up')
  for (const path of ['linked/hostname', 'up/hostname', '../../../../../../etc/hostname']) {
    const inside = await sandbox.fs.downloadFile(path).then(String, () => '')
    expect(inside).toBe(await sh(`cat ${path} 2>/dev/null`))
  }
  for (const path of ['linked/machine-id', '../../../../../../../etc/machine-id']) {
    const inside = await sandbox.fs.downloadFile(path).then(String, () => '')
    expect(inside === '' || inside !== `${canary}\n` || (await sh('cat /etc/machine-id')) === inside).toBe(true)
  }
  expect(await told(sandbox.fs.uploadFile(Buffer.from('x'), 'linked/planted'))).toMatchObject({ statusCode: 403 })
})

test('names with line breaks, emoji, quotes and percent signs stay as they are', async () => {
  const names = [
    'line\nbreak',
    '🦊 fox',
    `'"x`,
    'a\\b',
    '100%25',
    '$(touch planted)',
    ' space ',
    '-rf',
    'e\u0301',
    '..x',
  ]
  await sandbox.fs.createFolder('names', '755')
  await sandbox.fs.uploadFiles(names.map((name) => ({ source: Buffer.from(name), destination: `names/${name}` })))
  const listed = await sandbox.fs.listFiles('names')
  expect(listed.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
  for (const name of names) expect(String(await sandbox.fs.downloadFile(`names/${name}`))).toBe(name)
  expect(await sh('ls planted 2>&1')).toContain('No such file')
})

test('a file whose name the form cannot carry is told, and not lost in silence', async () => {
  const lost = await told(sandbox.fs.uploadFile(Buffer.from('x'), 'names/backslash\\'))
  expect(lost).toMatchObject({ statusCode: 400, message: expect.stringContaining('files[0]') })
})

const headers = (): Record<string, string> => ({ authorization: `Bearer ${gateway.connection().apiKey}` })

test('an upload that breaks off leaves what came, and hurts nobody', async () => {
  const head = '--x\r\nContent-Disposition: form-data; name="files[0].path"\r\n\r\ncut\r\n'
  const file = '--x\r\nContent-Disposition: form-data; name="files[0].file"; filename="cut"\r\n\r\n'
  const broken = request(`${gateway.url}/toolbox/${sandbox.id}/files/bulk-upload`, {
    method: 'POST',
    headers: { ...headers(), 'content-type': 'multipart/form-data; boundary=x', 'content-length': String(1024 * mib) },
  })
  broken.on('error', () => undefined)
  broken.write(`${head}${file}`)
  broken.write(Buffer.alloc(4 * mib))
  await expect.poll(async () => await sh('ls cut 2>/dev/null'), { timeout: 20_000 }).toBe('cut\n')
  broken.destroy()
  await sandbox.fs.uploadFile(Buffer.from('whole'), 'whole')
  expect(String(await sandbox.fs.downloadFile('whole'))).toBe('whole')
  expect((await sandbox.fs.getFileDetails('cut')).size).toBeLessThanOrEqual(4 * mib)
})

test('a client that stops reading holds up only itself, and its memory stays small', async () => {
  await sh('head -c 200000000 /dev/zero > zeros')
  const before = rssBytes()
  const lazy = connect(Number(new URL(gateway.url).port), '127.0.0.1')
  lazy.on('error', () => undefined)
  const { authorization } = headers()
  lazy.write(
    `GET /toolbox/${sandbox.id}/files/download?path=zeros HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n\r\n`,
  )
  await once(lazy, 'readable')
  await sandbox.process.createSession('noisy')
  const noisy = await sandbox.process.executeSessionCommand('noisy', {
    command: 'head -c 100000000 /dev/zero; echo over',
    runAsync: true,
  })
  for (let times = 0; times < 10; times += 1) expect(await sh('echo quick')).toBe('quick\n')
  const { cmdId } = noisy
  await expect
    .poll(async () => (await sandbox.process.getSessionCommand('noisy', cmdId)).exitCode, { timeout: 60_000 })
    .toBe(0)
  expect(rssBytes() - before).toBeLessThan(160 * mib)
  lazy.destroy()
  await sandbox.process.deleteSession('noisy')
  await sh('rm zeros')
})

test('a quarter of a GiB goes up as a stream, with memory flat', async () => {
  const large = await daytona.create({ image: 'host', resources: { disk: 2 } })
  const before = rssBytes()
  let highest = before
  const source = Readable.from(
    (function* () {
      for (let sent = 0; sent < 256; sent += 1) {
        highest = Math.max(highest, rssBytes())
        yield Buffer.alloc(mib)
      }
    })(),
  )
  await large.fs.uploadFileStream(source, 'large')
  expect((await large.fs.getFileDetails('large')).size).toBe(256 * mib)
  expect(highest - before).toBeLessThan(200 * mib)
  await large.delete()
}, 120_000)

test('thousands of small files go up in one form', async () => {
  const files = Array.from({ length: 2000 }, (_, at) => ({
    source: Buffer.from(String(at)),
    destination: `many/${at}`,
  }))
  await sandbox.fs.uploadFiles(files, 300)
  expect(await sandbox.fs.listFiles('many')).toHaveLength(2000)
  expect(String(await sandbox.fs.downloadFile('many/1999'))).toBe('1999')
}, 300_000)

test('a sandbox that is deleted in mid-stream ends every call with an error, and others live on', async () => {
  const doomed = await daytona.create({})
  await doomed.process.createSession('s')
  const { cmdId } = await doomed.process.executeSessionCommand('s', {
    command: 'while :; do echo x; sleep 0.05; done',
    runAsync: true,
  })
  let heard = ''
  const following = doomed.process.getSessionCommandLogs(
    's',
    cmdId,
    (text) => (heard += text),
    () => undefined,
  )
  const terminal = await doomed.process.createPty({ id: 't', onData: () => undefined })
  const typed = terminal.wait().catch(() => undefined)
  const calls = [
    doomed.process.executeCommand('sleep 1000'),
    doomed.codeInterpreter.runCode('import time; time.sleep(1000)'),
    doomed.process.codeRun('import time; time.sleep(1000)'),
  ].map(told)
  await expect.poll(() => heard, { timeout: 20_000 }).toContain('x')
  await doomed.delete()
  for (const call of await Promise.all(calls)) expect(call).toBeInstanceOf(Error)
  await following.catch(() => undefined)
  await typed
  expect(await told(doomed.process.executeCommand('true'))).toMatchObject({ statusCode: 404 })
  expect(await sh('echo others live')).toBe('others live\n')
}, 60_000)
