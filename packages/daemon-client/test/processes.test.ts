import { decodeText, encodeText, mib, runProcess, runShell, type Sandbox } from '@caisson/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '@caisson/daemon/testing'
import { collect } from './support/collect.ts'
import { openSandbox, type TestSandbox } from './support/open-sandbox.ts'

let opened: TestSandbox
let sandbox: Sandbox
beforeAll(async () => {
  opened = await openSandbox({ env: { FROM_SANDBOX: 'yes', SHARED: 'sandbox' } })
  sandbox = opened.sandbox
})
afterAll(async () => await opened[Symbol.asyncDispose]())

const stdoutOf = async (command: string): Promise<string> => decodeText((await runShell(sandbox, command)).stdout)

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a process', () => {
  it('gives its output, its exit code and the time that it took', async () => {
    const { stdout, stderr, outcome, outputBytes, durationMs } = await runShell(
      sandbox,
      'echo out; echo err >&2; exit 4',
    )
    expect([decodeText(stdout), decodeText(stderr)]).toEqual(['out\n', 'err\n'])
    expect({ outcome, outputBytes }).toEqual({ outcome: { kind: 'exited', code: 4 }, outputBytes: 8 })
    expect(durationMs).toBeGreaterThan(0)
  })

  it('gets its arguments byte for byte and without a shell', async () => {
    const argv = ['printf', '%s|', 'a b', '', '$HOME', "it's", 'ü\n'] as const
    expect(decodeText((await runProcess(sandbox, { argv })).stdout)).toBe("a b||$HOME|it's|ü\n|")
  })

  it("has the sandbox's environment under its own, and nothing of the daemon's", async () => {
    const { stdout } = await runProcess(sandbox, { argv: ['env'], env: { SHARED: 'process' } })
    const names = decodeText(stdout).trim().split('\n')
    expect(names).toEqual(expect.arrayContaining(['FROM_SANDBOX=yes', 'SHARED=process', `HOME=${opened.daemon.home}`]))
    expect(names.map((line) => line.split('=')[0]).toSorted()).toEqual(
      ['CAISSON_PROCESS', 'FROM_SANDBOX', 'HOME', 'LOGNAME', 'PATH', 'SHARED', 'USER'].toSorted(),
    )
    expect(decodeText(stdout)).not.toContain(opened.daemon.accessToken)
  })

  it('inherits no descriptor of the daemon, and can open its output again', async () => {
    const seen = await stdoutOf('ls /proc/self/fd | tr "\\n" " "; echo again > /dev/stdout')
    expect(seen).toBe('0 1 2 3 again\n')
  })

  it('leads its own session', async () => {
    expect(await stdoutOf('ps -o sid= -p $$ | tr -d " "; echo $$')).toMatch(/^(\d+)\n\1\n$/)
  })

  it('starts at home, or where it was told to', async () => {
    expect(await stdoutOf('pwd')).toBe(`${opened.daemon.home}\n`)
    const { stdout } = await runProcess(sandbox, { argv: ['pwd'], cwd: '/usr' })
    expect(decodeText(stdout)).toBe('/usr\n')
  })

  it.each([
    { what: 'an unknown program', spec: { argv: ['no-such-program'] }, code: 'path-not-found' },
    { what: 'an unknown path', spec: { argv: ['/no/such/program'] }, code: 'path-not-found' },
    { what: 'a file that is no program', spec: { argv: ['/etc/passwd'] }, code: 'permission-denied' },
    { what: 'a directory', spec: { argv: ['/tmp'] }, code: 'permission-denied' },
    { what: 'a missing directory to start in', spec: { argv: ['true'], cwd: '/no/such' }, code: 'path-not-found' },
    { what: 'a file to start in', spec: { argv: ['true'], cwd: '/etc/passwd' }, code: 'not-a-directory' },
    { what: 'an unknown user', spec: { argv: ['true'], user: 'nobody-like-that' }, code: 'invalid-argument' },
    { what: 'a NUL', spec: { argv: ['echo', 'a\0b'] }, code: 'invalid-argument' },
  ] as const)('is refused for $what', async ({ spec, code }) => {
    await expect(sandbox.processes.spawn({ ...spec, argv: [...spec.argv] })).rejects.toMatchObject({
      name: 'SandboxError',
      adapter: 'test',
      code,
    })
  })

  it('reads what is written to its standard input until that is closed', async () => {
    const input = new Uint8Array(3 * mib).map((_, index) => index % 251)
    const { stdout } = await runProcess(sandbox, { argv: ['cat'] }, { input, keepBytes: 4 * mib })
    expect(Buffer.compare(stdout, input)).toBe(0)
  })

  it('that does not read its input ends as usual, and its writer hears of it', async () => {
    const child = await sandbox.processes.spawn({ argv: ['true'], stdin: 'pipe' })
    await child.wait()
    const writer = child.stdin?.getWriter()
    await expect(writer?.write(encodeText('too late'))).rejects.toMatchObject({ code: 'process-not-found' })
    expect((await runProcess(sandbox, { argv: ['true'] }, { input: new Uint8Array(mib) })).outcome).toEqual({
      kind: 'exited',
      code: 0,
    })
  })

  it('without standard input sees end of file at once', async () => {
    expect(await stdoutOf('wc -c')).toMatch(/^0\n$/)
  })

  it('that dies of a signal says which', async () => {
    expect((await runShell(sandbox, 'kill -TERM $$')).outcome).toEqual({ kind: 'signaled', signal: 'SIGTERM' })
    expect((await runShell(sandbox, 'kill -KILL $$')).outcome).toEqual({ kind: 'signaled', signal: 'SIGKILL' })
  })

  it('is signalled with its whole group, and left alone when it is over', async () => {
    const child = await sandbox.processes.spawn({ argv: ['sh', '-c', 'sleep 100 & echo $!; wait'] })
    const reader = child.output.getReader()
    const { value } = await reader.read()
    await child.signal('SIGTERM')
    expect((await child.wait()).outcome).toEqual({ kind: 'signaled', signal: 'SIGTERM' })
    const sleeper = Number(decodeText(value?.bytes ?? new Uint8Array()))
    await until(() => !isAlive(sleeper), 'the child in the same group is gone')
    await expect(child.signal('SIGTERM')).resolves.toBeUndefined()
  })

  it('is listed while it runs, found by tag, and keeps its tag to itself', async () => {
    const child = await sandbox.processes.spawn({ argv: ['sleep', '100'], tag: 'napper' })
    expect(await sandbox.processes.list()).toContainEqual(
      expect.objectContaining({ pid: child.pid, argv: ['sleep', '100'], tag: 'napper' }),
    )
    await expect(sandbox.processes.spawn({ argv: ['true'], tag: 'napper' })).rejects.toMatchObject({ code: 'conflict' })
    const again = await sandbox.processes.attach('napper')
    expect(again.pid).toBe(child.pid)
    await again.cancel()
    expect((await child.wait()).outcome).toEqual({ kind: 'cancelled' })
    expect((await sandbox.processes.list()).map(({ pid }) => pid)).not.toContain(child.pid)
  })

  it('that nobody knows is not found', async () => {
    await expect(sandbox.processes.attach(4_000_000)).rejects.toMatchObject({ code: 'process-not-found' })
    await expect(sandbox.processes.attach('nobody')).rejects.toMatchObject({ code: 'process-not-found' })
  })
})

describe('the end of a process', () => {
  it('is not held up by a background child that holds its output', async () => {
    const startMs = performance.now()
    const result = await runShell(sandbox, 'echo early; sleep 100 & echo $! >&2')
    expect(performance.now() - startMs).toBeLessThan(1000)
    expect(result.outcome).toEqual({ kind: 'exited', code: 0 })
    expect(decodeText(result.stdout)).toBe('early\n')
    process.kill(Number(decodeText(result.stderr)))
  })

  it('comes at the time limit, and the first cause stays', async () => {
    const startMs = performance.now()
    const child = await sandbox.processes.spawn({
      argv: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.01; done'],
      timeoutMs: 150,
    })
    expect((await child.wait()).outcome).toEqual({ kind: 'timed-out' })
    expect(performance.now() - startMs).toBeLessThan(1150)
    await child.cancel()
    expect((await child.wait()).outcome).toEqual({ kind: 'timed-out' })
  })

  it.each([
    { how: 'in its own session', script: 'setsid sleep 7001 & setsid setsid sleep 7001 & echo; wait' },
    { how: 'as a daemon', script: '(setsid sh -c "sleep 7001 & sleep 7001 &" &) ; echo; sleep 100' },
    { how: 'with its parents dead', script: 'sh -c "sleep 7001 &"; echo; sleep 100' },
    { how: 'as a daemon deeper down', script: 'setsid sh -c "(env -i sleep 7001 &); sleep 7001" & echo; sleep 100' },
  ])('at the time limit takes along what ran $how', async ({ script }) => {
    const child = await sandbox.processes.spawn({ argv: ['sh', '-c', script], timeoutMs: 400 })
    await child.output.getReader().read()
    await until(async () => (await countSleepers()) > 0, 'the background processes run')
    expect((await child.wait()).outcome).toEqual({ kind: 'timed-out' })
    await until(async () => (await countSleepers()) === 0, 'nothing is left')
  })

  async function countSleepers(): Promise<number> {
    return Number(await stdoutOf('pgrep -c -x -f "sleep 7001"'))
  }

  it('at the time limit comes also for a program that writes without end', async () => {
    const child = await sandbox.processes.spawn({ argv: ['yes'], timeoutMs: 200 })
    const { outcome, durationMs } = await child.wait()
    expect(outcome).toEqual({ kind: 'timed-out' })
    expect(durationMs).toBeLessThan(1200)
  })

  it('comes at the output limit, with exactly that much kept', async () => {
    const result = await runProcess(sandbox, { argv: ['yes'], outputLimitBytes: 100_000 })
    expect(result.outcome).toEqual({ kind: 'output-limit' })
    expect(result.stdout.byteLength).toBe(100_000)
    expect(result.outputBytes).toBeGreaterThanOrEqual(100_000)
  })

  it('leaves what was started to stay', async () => {
    const { stdout } = await runShell(sandbox, 'setsid sleep 7002 > /dev/null 2>&1 & echo $!')
    const pid = Number(decodeText(stdout))
    expect(isAlive(pid)).toBe(true)
    process.kill(pid)
  })
})

describe('a terminal', () => {
  it('is one, has the size it was given, and takes a new one', async () => {
    const child = await sandbox.processes.spawn({ argv: ['sh'], terminal: { columns: 90, rows: 20 } })
    const writer = child.stdin?.getWriter()
    await writer?.write(
      encodeText('test -t 0 -a -t 1 -a -t 2 && stty size; echo second | cat; read answer; stty size; exit 3\n'),
    )
    let seen = ''
    let isResized = false
    for await (const { stream, bytes } of child.output) {
      expect(stream).toBe('terminal')
      seen += decodeText(bytes)
      if (isResized || !seen.includes('\nsecond')) continue
      isResized = true
      await child.resize({ columns: 50, rows: 10 })
      await writer?.write(encodeText('go\n'))
    }
    expect(seen).toContain('20 90')
    expect(seen).toContain('10 50')
    expect((await child.wait()).outcome).toEqual({ kind: 'exited', code: 3 })
  })

  it('belongs to its process alone', async () => {
    const child = await sandbox.processes.spawn({ argv: ['true'] })
    await expect(child.resize({ columns: 1, rows: 1 })).rejects.toMatchObject({ code: 'unsupported' })
  })

  it('ends its input with Ctrl-D', async () => {
    const child = await sandbox.processes.spawn({ argv: ['cat'], terminal: { columns: 80, rows: 24 } })
    await child.stdin?.close()
    expect((await child.wait()).outcome).toEqual({ kind: 'exited', code: 0 })
    expect(decodeText((await collect(child.output)).bytes)).not.toContain('error')
  })
})

describe('giving up', () => {
  it('a wait leaves the process alone', async () => {
    const child = await sandbox.processes.spawn({ argv: ['sleep', '100'] })
    const signal = AbortSignal.timeout(30)
    await expect(child.wait({ signal })).rejects.toMatchObject({ code: 'cancelled' })
    await expect(child.wait({ deadline: Date.now() + 30 })).rejects.toMatchObject({ code: 'timeout' })
    expect((await sandbox.processes.list()).map(({ pid }) => pid)).toContain(child.pid)
    await child.cancel()
  })

  it('before the start starts nothing', async () => {
    const signal = AbortSignal.abort()
    await expect(sandbox.processes.spawn({ argv: ['sleep', '7003'] }, { signal })).rejects.toMatchObject({
      code: 'cancelled',
    })
    await expect(sandbox.processes.list({ deadline: Date.now() - 1 })).rejects.toMatchObject({ code: 'timeout' })
  })
})
