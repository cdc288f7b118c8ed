import { createHash, randomBytes } from 'node:crypto'
import { organizationIdSchema } from '@caisson/core'
import { Daytona, type Sandbox } from '@daytonaio/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runOverSsh } from './support/run-over-ssh.ts'
import { startLocalGateway, type TestGateway } from './support/start-gateway.ts'
import { told } from './support/told.ts'

let gateway: TestGateway
let daytona: Daytona
let sandbox: Sandbox

beforeAll(async () => {
  gateway = await startLocalGateway()
  daytona = new Daytona({ ...gateway.connection(), target: 'local', useDeprecatedPolling: true })
  sandbox = await daytona.create({ language: 'python', labels: { who: 'shared' }, envVars: { GREETING: 'hello' } })
})
afterAll(async () => {
  await sandbox.delete()
  await daytona[Symbol.asyncDispose]()
  const held = gateway.memory.held()
  await gateway[Symbol.asyncDispose]()
  expect(gateway.memory.failures).toEqual([])
  expect(held).toEqual([])
})

describe('programs', () => {
  test('one command tells both streams in one text, its exit code, and what ends it too late', async () => {
    const ran = await sandbox.process.executeCommand('echo $GREETING $MORE; echo bad >&2; exit 7', '/tmp', {
      MORE: 'x',
    })
    expect(ran).toMatchObject({ exitCode: 7, result: 'hello x\nbad\n' })
    const late = await told(sandbox.process.executeCommand('sleep 30', undefined, undefined, 1))
    expect(late).toMatchObject({ name: 'DaytonaProcessExecutionTimeoutError', statusCode: 408 })
  })

  test('code runs with its arguments and tells how it ended', async () => {
    const ran = await sandbox.process.codeRun('import sys; print(sys.argv[1:]); sys.exit(3)', { argv: ['a b', 'ü'] })
    expect(ran).toMatchObject({ exitCode: 3, result: "['a b', 'ü']\n" })
  })

  test('variables that are set later reach programs that start later', async () => {
    await sandbox.updateEnv({ LATER: 'there' }, { unset: ['GREETING'] })
    expect((await sandbox.process.executeCommand('echo "$LATER [$GREETING]"')).result).toBe('there []\n')
    await sandbox.updateEnv({ GREETING: 'hello' })
  })

  test('a session keeps directory and variables, splits its streams, and survives a syntax error', async () => {
    await sandbox.process.createSession('work')
    const run = async (command: string) => await sandbox.process.executeSessionCommand('work', { command })
    await run('cd /tmp && export KEPT=yes')
    expect(await run('echo "$PWD $KEPT"; echo bad >&2; false')).toMatchObject({
      stdout: '/tmp yes\n',
      stderr: 'bad\n',
      exitCode: 1,
    })
    expect((await run('if then')).exitCode).not.toBe(0)
    expect((await run('echo $?')).stdout).not.toBe('0\n')
    const { commands } = await sandbox.process.getSession('work')
    expect(commands?.map(({ exitCode }) => exitCode === 0)).toEqual([true, false, false, true])
    await sandbox.process.deleteSession('work')
    expect(await told(sandbox.process.getSession('work'))).toMatchObject({ statusCode: 404 })
  })

  test('output of a session is followed while it comes, and takes input', async () => {
    await sandbox.process.createSession('talk')
    const { cmdId } = await sandbox.process.executeSessionCommand('talk', {
      command: 'read name; echo "hi $name"; echo oops >&2',
      runAsync: true,
    })
    const heard = { out: '', err: '' }
    const following = sandbox.process.getSessionCommandLogs(
      'talk',
      cmdId,
      (text) => (heard.out += text),
      (text) => (heard.err += text),
    )
    await sandbox.process.sendSessionCommandInput('talk', cmdId, 'you')
    await following
    expect(heard).toEqual({ out: 'hi you\n', err: 'oops\n' })
    const late = await told(sandbox.process.sendSessionCommandInput('talk', cmdId, 'again'))
    expect(late).toMatchObject({ name: 'DaytonaCommandAlreadyCompletedError' })
    await sandbox.process.executeSessionCommand('talk', { command: 'exit 0' })
    expect(await told(sandbox.process.executeSessionCommand('talk', { command: 'true' }))).toMatchObject({
      name: 'DaytonaSessionEndedError',
    })
    await sandbox.process.deleteSession('talk')
  })

  test('a terminal outlives its clients, has the size that it is given, and tells how it ended', async () => {
    let seen = ''
    const onData = (bytes: Uint8Array) => void (seen += new TextDecoder().decode(bytes))
    const first = await sandbox.process.createPty({
      id: 'tty',
      cols: 90,
      rows: 20,
      envs: { MARK: 'from-here' },
      onData,
    })
    await first.sendInput('echo "<$MARK>"\n')
    await expect.poll(() => seen, { timeout: 20_000 }).toContain('<from-here>')
    await first.disconnect()
    expect(await sandbox.process.resizePtySession('tty', 100, 30)).toMatchObject({ cols: 100, rows: 30 })
    const second = await sandbox.process.connectPty('tty', { onData })
    await second.sendInput('stty size\n')
    await expect.poll(() => seen, { timeout: 20_000 }).toContain('30 100')
    await second.sendInput('exit 5\n')
    expect(await second.wait()).toMatchObject({ exitCode: 5 })
    expect((await sandbox.process.listPtySessions()).map(({ id }) => id)).not.toContain('tty')
  })

  test('the interpreter remembers within a context, and gives up at its time', async () => {
    const { codeInterpreter } = sandbox
    const context = await codeInterpreter.createContext('/tmp')
    await codeInterpreter.runCode('kept = 41', { context })
    expect((await codeInterpreter.runCode('print(kept + 1)', { context })).stdout).toBe('42\n')
    const failed = await codeInterpreter.runCode('print(kept); kept / 0')
    expect(failed.error).toMatchObject({ name: 'NameError' })
    const late = await told(codeInterpreter.runCode('while True: pass', { context, timeout: 1 }))
    expect(late.name).toBe('DaytonaTimeoutError')
    await codeInterpreter.deleteContext(context)
    expect((await codeInterpreter.listContexts()).map(({ id }) => id)).not.toContain(context.id)
  })
})

test('tells what it uses now, and what it used while it was kept up', async () => {
  const from = new Date(Date.now() - 60_000)
  await gateway.gateway.tidy()
  const samples = await sandbox.getMetrics(from, new Date(Date.now() + 60_000))
  expect(samples.length).toBeGreaterThanOrEqual(2)
  expect(samples[0]).toMatchObject({ cpuCount: 1, memTotal: expect.any(Number), memUsed: expect.any(Number) })
  expect(samples[0]?.memUsed).toBeGreaterThan(0)
  expect(await sandbox.getMetrics(new Date(0), from)).toEqual([])
  expect(await sandbox.getWorkDir()).toBe((await sandbox.process.executeCommand('pwd')).result.trim())
})

test('the program of a snapshot runs in its sandboxes, again after a stop, and its output is read and followed', async () => {
  const entrypoint = ['/bin/sh', '-c', 'echo "started with $GREETING"; echo bad >&2; exec sleep 1000']
  await daytona.snapshot.create({ name: 'serving', image: 'host', entrypoint })
  const serving = await daytona.create({ snapshot: 'serving', envVars: { GREETING: 'hi' } })
  const logs = async () => await serving.process.getEntrypointLogs()
  await expect.poll(logs).toMatchObject({ stdout: 'started with hi\n', stderr: 'bad\n' })
  expect((await serving.process.getEntrypointSession()).commands).toMatchObject([{ id: 'entrypoint' }])
  await serving.stop()
  await serving.start()
  await expect.poll(logs).toMatchObject({ stdout: 'started with hi\n' })
  let heard = ''
  const following = serving.process.getEntrypointLogs(
    (text) => (heard += text),
    () => undefined,
  )
  await expect.poll(() => heard).toBe('started with hi\n')
  await serving.delete()
  await following.catch(() => undefined)
  const { commands } = await sandbox.process.getEntrypointSession()
  expect(commands).toEqual([])
  await daytona.snapshot.delete('serving')
})

describe('files', () => {
  test('go up and down unharmed, many at a time, whatever their names', async () => {
    const bytes = randomBytes(3 * 1024 * 1024)
    await sandbox.fs.uploadFiles([
      { source: bytes, destination: 'up/big.bin' },
      { source: Buffer.from('ü'), destination: 'up/na"me ö.txt' },
    ])
    const [big, named, missing] = await sandbox.fs.downloadFiles([
      { source: 'up/big.bin' },
      { source: 'up/na"me ö.txt' },
      { source: 'up/missing' },
    ])
    const digest = (data: unknown) =>
      createHash('sha256')
        .update(data as Buffer)
        .digest('hex')
    expect(digest(big?.result)).toBe(digest(bytes))
    expect(String(named?.result)).toBe('ü')
    expect(missing).toMatchObject({ result: undefined, errorDetails: { code: 'FILE_NOT_FOUND' } })
  })

  test('are found, searched and changed in place', async () => {
    await sandbox.fs.createFolder('tree/deep', '755')
    await sandbox.fs.uploadFile(Buffer.from('one\n$& two\n'), 'tree/deep/a.txt')
    expect(await sandbox.fs.findFiles('tree', '$& two')).toEqual([
      { file: expect.stringMatching(/a\.txt$/), line: 2, content: '$& two' },
    ])
    expect((await sandbox.fs.searchFiles('tree', '*.txt')).files).toHaveLength(1)
    const replaced = await sandbox.fs.replaceInFiles(['tree/deep/a.txt', 'tree/none'], '$&', '$1')
    expect(replaced.map(({ success }) => success)).toEqual([true, false])
    expect(String(await sandbox.fs.downloadFile('tree/deep/a.txt'))).toBe('one\n$1 two\n')
    await sandbox.fs.setFilePermissions('tree/deep/a.txt', { mode: '600', owner: 'daytona' })
    expect(await sandbox.fs.getFileDetails('tree/deep/a.txt')).toMatchObject({
      permissions: '0600',
      mode: '-rw-------',
    })
    expect(await told(sandbox.fs.deleteFile('tree'))).toMatchObject({ statusCode: 400 })
    await sandbox.fs.deleteFile('tree', true)
    expect(await told(sandbox.fs.getFileDetails('tree'))).toMatchObject({ name: 'DaytonaFileNotFoundError' })
  })

  test('open to whoever has a signed address, until the key is changed or the time is over', async () => {
    await sandbox.fs.uploadFile(Buffer.from('signed'), '/tmp/signed.txt')
    const address = await sandbox.downloadUrl('/tmp/signed.txt', 60)
    expect(await (await fetch(address)).text()).toBe('signed')
    expect((await fetch(address.replace('signed.txt', 'other.txt'))).status).toBe(401)
    await sandbox.rotateSigningKey()
    expect((await fetch(address)).status).toBe(401)
    const short = await sandbox.downloadUrl('/tmp/signed.txt', 1)
    await expect.poll(async () => (await fetch(short)).status, { timeout: 10_000 }).toBe(401)
  })
})

describe('git', () => {
  test('works in a repository: branches, changes, configuration', async () => {
    const { git } = sandbox
    await git.init('repo', false, 'main')
    await sandbox.fs.uploadFile(Buffer.from('x'), 'repo/a b.txt')
    expect((await git.status('repo')).fileStatus).toEqual([
      { name: 'a b.txt', staging: 'Untracked', worktree: 'Untracked', extra: '' },
    ])
    await git.add('repo', ['a b.txt'])
    const { sha } = await git.commit('repo', 'first', 'Ann', 'ann@example.org')
    expect(sha).toMatch(/^[0-9a-f]{40}$/)
    await git.createBranch('repo', 'next')
    expect(await told(git.createBranch('repo', 'next'))).toMatchObject({ name: 'DaytonaGitBranchExistsError' })
    await git.checkoutBranch('repo', 'next')
    expect(await git.status('repo')).toMatchObject({ currentBranch: 'next', fileStatus: [] })
    expect(await told(git.checkoutBranch('repo', 'nowhere'))).toMatchObject({ name: 'DaytonaGitBranchNotFoundError' })
    await git.remoteAdd('repo', 'origin', '/home/user/elsewhere')
    expect(await git.remoteGet('repo', 'origin')).toBe('/home/user/elsewhere')
    await git.setConfig('user.name', 'Bea', 'local', 'repo')
    expect(await git.getConfig('user.name', 'local', 'repo')).toBe('Bea')
    await git.clone('/home/user/repo', 'copy', 'next')
    expect(await git.branches('copy')).toMatchObject({ branches: ['next'], current: 'next' })
    expect(await told(git.status('/tmp'))).toMatchObject({ name: 'DaytonaGitRepoNotFoundError' })
  })

  test('takes no option where it takes a name', async () => {
    const refused = await told(sandbox.git.clone('--upload-pack=touch /tmp/owned', 'x'))
    expect(refused).toMatchObject({ statusCode: 400 })
    expect((await sandbox.process.executeCommand('ls /tmp/owned')).exitCode).not.toBe(0)
  })
})

test('a port is served to those who have the key, the token or a signed address', async () => {
  await sandbox.process.createSession('web')
  await sandbox.fs.uploadFile(Buffer.from('from inside'), 'site/index.html')
  await sandbox.process.executeSessionCommand('web', { command: 'python3 -m http.server 8123 -d site', runAsync: true })
  const { url, token } = await sandbox.getPreviewLink(8123)
  const get = async (address: string, headers: Record<string, string> = {}) => await fetch(address, { headers })
  await expect
    .poll(async () => (await get(`${url}/`, { 'x-daytona-preview-token': token })).status, { timeout: 20_000 })
    .toBe(200)
  expect(await (await get(`${url}/`, { 'x-daytona-preview-token': token })).text()).toBe('from inside')
  expect((await get(`${url}/`)).status).toBe(401)
  expect((await get(`${url}/`, { 'x-daytona-preview-token': 'wrong' })).status).toBe(401)
  const signed = await sandbox.getSignedPreviewUrl(8123, 60)
  expect((await get(`${signed.url}/`)).status).toBe(200)
  await sandbox.expireSignedPreviewUrl(8123, signed.token)
  expect((await get(`${signed.url}/`)).status).toBe(401)
  expect((await get((await sandbox.getPreviewLink(8124)).url, { 'x-daytona-preview-token': token })).status).toBe(502)
  await sandbox.process.deleteSession('web')
})

describe('the life of a sandbox', () => {
  test('stops with its files, is archived, comes back, and goes', async () => {
    const made = await daytona.create({ name: 'life', envVars: { STAYS: 'yes' } })
    await made.fs.uploadFile(Buffer.from('kept'), 'kept.txt')
    await made.process.executeCommand('sleep 1000 >/dev/null 2>&1 &')
    await made.stop()
    expect(made.state).toBe('stopped')
    expect(await told(made.process.executeCommand('true'))).toMatchObject({ statusCode: 409 })
    await made.start()
    expect((await made.process.executeCommand('pgrep -f "[s]leep 1000" | wc -l; cat kept.txt')).result).toBe('0\nkept')
    await made.stop()
    const heldBefore = gateway.memory.held().length
    await made.archive()
    expect(made.state).toBe('archived')
    expect(gateway.memory.held()).toHaveLength(heldBefore - 1)
    await made.start()
    expect((await made.process.executeCommand('cat kept.txt; echo " $STAYS"')).result).toBe('kept yes\n')
    expect((await daytona.get('life')).id).toBe(made.id)
    await made.delete()
    expect(await told(daytona.get(made.id))).toMatchObject({ name: 'DaytonaNotFoundError' })
  })

  test('is stopped and deleted when its time has come, and not while somebody works in it', async () => {
    const made = await daytona.create({ autoStopInterval: 1, autoDeleteInterval: 0, ttlMinutes: 60 })
    const { records } = gateway.memory.host
    const organization = organizationIdSchema.parse('acme')
    /** As if nobody had used it for two minutes. */
    const growOld = async () => {
      const record = (await records.get('sandbox', made.id))?.value as object
      await records.put('sandbox', organization, made.id, { ...record, stateAtMs: Date.now() - 120_000 })
      await records.remove('activity', organization, made.id)
    }
    await growOld()
    const working = made.process.executeCommand('sleep 3; echo done')
    await expect.poll(async () => await records.get('activity', made.id), { timeout: 20_000 }).toBeDefined()
    await growOld()
    await gateway.gateway.tidy()
    expect((await working).result).toBe('done\n')
    await growOld()
    await gateway.gateway.tidy()
    expect(await told(daytona.get(made.id))).toMatchObject({ statusCode: 404 })
  })

  test('goes on in a fork and in what is made of its snapshot', async () => {
    await sandbox.fs.uploadFile(Buffer.from('state'), 'state.txt')
    await sandbox.createSnapshot('my-state')
    const [fork, made] = await Promise.all([sandbox.fork({ name: 'twin' }), daytona.create({ snapshot: 'my-state' })])
    for (const one of [fork, made]) {
      expect((await one.process.executeCommand('cat state.txt; echo " $GREETING"')).result).toBe('state hello\n')
      await one.delete()
    }
    const listed = await daytona.snapshot.get('my-state')
    expect(listed).toMatchObject({ sourceSandboxId: sandbox.id, general: false })
    await daytona.snapshot.delete(listed)
    expect(await told(daytona.create({ snapshot: 'my-state' }))).toMatchObject({ statusCode: 404 })
  })

  test('is listed by pages and labels, for its own organization only', async () => {
    const stranger = new Daytona({ ...gateway.connection('umbrella'), target: 'local', useDeprecatedPolling: true })
    const all = await Array.fromAsync(daytona.list({ labels: { who: 'shared' }, limit: 1 }))
    expect(all.map(({ id }) => id)).toEqual([sandbox.id])
    expect(await Array.fromAsync(stranger.list())).toEqual([])
    expect(await told(stranger.get(sandbox.id))).toMatchObject({ statusCode: 404 })
    const theirs = { authorization: `Bearer ${gateway.connection('umbrella').apiKey}` }
    expect((await fetch(`${gateway.url}/toolbox/${sandbox.id}/files`, { headers: theirs })).status).toBe(404)
    await stranger[Symbol.asyncDispose]()
  })
})

test('shares a volume between sandboxes', async ({ skip }) => {
  if (process.getuid?.() !== 0) skip('volumes of the local adapter are for root')
  const volume = await daytona.volume.create('shared-data')
  const volumes = [{ volumeId: volume.id, mountPath: '/data' }]
  const [one, other] = await Promise.all([daytona.create({ volumes }), daytona.create({ volumes })])
  await one.process.executeCommand('echo seen > /data/x')
  expect((await other.process.executeCommand('cat /data/x')).result).toBe('seen\n')
  expect(await told(daytona.volume.delete(volume))).toMatchObject({ statusCode: 409 })
  await Promise.all([one.delete(), other.delete()])
  await daytona.volume.delete(volume)
})

test('lets in by SSH whoever has a token, until it is taken back', async () => {
  const none = await told(sandbox.createSshAccess(10))
  expect(none).toMatchObject({ statusCode: 400 })
  await using listening = await gateway.gateway.listenForSsh({ host: '127.0.0.1', port: 0, name: '127.0.0.1' })
  const access = await sandbox.createSshAccess(10)
  expect(access.sshCommand).toBe(`ssh -p ${listening.port} ${access.token}@127.0.0.1`)
  expect(await sandbox.validateSshAccess(access.token)).toEqual({ valid: true, sandboxId: sandbox.id })
  const ran = await runOverSsh(listening.port, access.token, 'cat; echo bad >&2; exit 4', 'from here')
  expect(ran).toEqual({ out: 'from here', err: 'bad\n', code: 4 })
  await expect(runOverSsh(listening.port, 't'.repeat(27), 'true', '')).rejects.toMatchObject({
    level: 'client-authentication',
  })
  await sandbox.revokeSshAccess(access.token)
  await expect(runOverSsh(listening.port, access.token, 'true', '')).rejects.toThrow()
})
