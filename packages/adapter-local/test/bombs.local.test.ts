import { createLocalAdapter } from '@caisson/adapter-local'
import {
  type CompletedProcess,
  decodeText,
  encodeText,
  mib,
  type ProcessOutcome,
  type ProcessSpec,
  runProcess,
  runShell,
  type Sandbox,
} from '@caisson/core'
import { readdirSync, watch } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNot()

describe.skipIf(reason !== undefined)(`bombs${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const adapter = createLocalAdapter({ stateDirectory: temporaryState() })
  const resources = { cpus: 1, memoryBytes: 128 * mib, diskBytes: 64 * mib, pids: 64 }
  let sandbox: Sandbox
  let neighbour: Sandbox

  beforeAll(async () => {
    sandbox = await adapter.create({ resources })
    neighbour = await adapter.create({})
  })
  afterAll(async () => {
    await sandbox.destroy()
    await neighbour.destroy()
    await adapter[Symbol.asyncDispose]()
  })

  const python = async (program: string, timeoutMs = 20_000): Promise<CompletedProcess> =>
    await runProcess(sandbox, { argv: ['/usr/bin/python3', '-'], timeoutMs }, { input: encodeText(program) })
  const outputOf = async (program: string) => decodeText((await python(program)).stdout).trim()
  const works = async (of: Sandbox): Promise<ProcessOutcome> =>
    (await runProcess(of, { argv: ['/bin/true'], timeoutMs: 10_000 })).outcome

  it('B1: a fork bomb stays below its limit, and both sandboxes go on', async () => {
    const bomb = python('import os\nwhile True:\n  try: os.fork()\n  except OSError: pass', 2000)
    expect(await works(neighbour)).toEqual({ kind: 'exited', code: 0 })
    expect((await sandbox.metrics?.())?.pids).toBeLessThanOrEqual(resources.pids + 32)
    expect((await bomb).outcome).toEqual({ kind: 'timed-out' })
    expect(await works(sandbox)).toEqual({ kind: 'exited', code: 0 })
  })

  it('B2: memory, also that of files in memory, is bounded', async () => {
    expect((await python('x = bytearray(1 << 30)')).outcome).toEqual({ kind: 'out-of-memory' })
    const fill = (path: string) => `
import os
file = os.open(${JSON.stringify(path)}, os.O_CREAT | os.O_WRONLY, 0o600)
written = 0
try:
    while written < (1 << 30): written += os.write(file, bytes(1 << 20))
except OSError as error: print(error.strerror)
os.unlink(${JSON.stringify(path)})
`
    expect(await outputOf(fill('/dev/shm/bomb'))).toBe('No space left on device')
    expect(await outputOf(fill('/tmp/bomb'))).toBe('No space left on device')
    const anonymous = 'import os\nfile = os.memfd_create("bomb")\nwhile True: os.write(file, bytes(1 << 20))'
    expect((await python(anonymous)).outcome).toEqual({ kind: 'out-of-memory' })
    expect(await works(sandbox)).toEqual({ kind: 'exited', code: 0 })
  })

  it('B2: what programs leave in memory behind them is no end of the sandbox', async () => {
    const small = await adapter.create({ resources })
    try {
      const shared = `
import ctypes
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
while (segment := libc.shmget(0, 1 << 20, 0o1600)) >= 0: ctypes.memset(libc.shmat(segment, None, 0), 1, 1 << 20)
`
      await runProcess(small, { argv: ['/usr/bin/python3', '-c', shared], timeoutMs: 20_000 })
      // By small programs and in small pieces, so that nothing is left when the memory is over.
      const piece = (path: string) => `dd if=/dev/zero of=${path} bs=4k count=50000`
      const fill: ProcessSpec = {
        argv: ['/bin/sh', '-c', `${piece('/tmp/left')}; ${piece('/dev/shm/left')}`],
        timeoutMs: 20_000,
      }
      for (let round = 0; round < 4; round += 1) await runProcess(small, fill)
      for (let round = 0; round < 5; round += 1) expect(await works(small)).toEqual({ kind: 'exited', code: 0 })
    } finally {
      await small.destroy()
    }
  })

  it('B3: running out of memory and being killed are told apart', async () => {
    expect((await python('x = bytearray(1 << 30)')).outcome).toEqual({ kind: 'out-of-memory' })
    expect((await runShell(sandbox, 'kill -9 $$')).outcome).toEqual({ kind: 'signaled', signal: 'SIGKILL' })
  })

  it('B5: files can fill the disk neither by their size nor by their number', async () => {
    const bySize = await runShell(sandbox, 'dd if=/dev/zero of=$HOME/big bs=1M count=1000 2>&1; rm $HOME/big')
    expect(decodeText(bySize.stdout)).toContain('No space left on device')
    const byNumber = await outputOf(`
import os
os.makedirs(os.path.expanduser('~/many'))
try:
    for number in range(1000000): open(os.path.expanduser('~/many/%d' % number), 'w').close()
except OSError as error: print(error.strerror)
`)
    expect(byNumber).toBe('No space left on device')
    expect((await runShell(sandbox, 'rm -rf $HOME/many && echo ok > $HOME/small')).outcome).toEqual({
      kind: 'exited',
      code: 0,
    })
    for (const directory of ['/tmp', '/dev/shm']) {
      const files = await outputOf(`
import os
try:
    for number in range(1000000): open('${directory}/n%d' % number, 'w').close()
except OSError as error: print(error.strerror)
for name in os.listdir('${directory}'): os.unlink('${directory}/' + name)
`)
      expect(files).toBe('No space left on device')
    }
  })

  it('B6: open files are bounded', async () => {
    const opened = await outputOf(`
files = []
try:
    while True: files.append(open('/dev/null'))
except OSError: print(len(files))
`)
    expect(Number(opened)).toBeLessThan(4100)
  })

  it.each([
    ['many lines', 'yes 0123456789abcdef | head -c 200000000'],
    ['one line', 'head -c 200000000 /dev/zero'],
    ['errors', 'head -c 200000000 /dev/zero >&2'],
  ])('B8, B9: 200 MB of output as %s does not pile up on the host', async (_, command) => {
    const before = process.memoryUsage.rss()
    let highest = before
    const ran = await runShell(neighbour, command, {
      onOutput: () => (highest = Math.max(highest, process.memoryUsage.rss())),
      timeoutMs: 50_000,
    })
    expect(ran.outcome).toEqual({ kind: 'exited', code: 0 })
    expect(ran.outputBytes).toBe(200_000_000)
    expect(ran.stdout.byteLength + ran.stderr.byteLength + ran.droppedBytes).toBe(200_000_000)
    expect(highest - before).toBeLessThan(150 * mib)
  })

  it('B11: a background child that holds the output open delays nothing', async () => {
    const startedAt = performance.now()
    const ran = await runShell(sandbox, 'sleep 30 & echo started')
    expect(decodeText(ran.stdout)).toBe('started\n')
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  it('B12: orphans that end are reaped', async () => {
    for (let round = 0; round < 5; round += 1) {
      expect((await runShell(sandbox, 'for i in $(seq 30); do (sh -c "exit 0" &) ; done; sleep 0.2')).outcome).toEqual({
        kind: 'exited',
        code: 0,
      })
    }
    expect(await works(sandbox)).toEqual({ kind: 'exited', code: 0 })
  })

  it('B13: tables that the whole machine shares cannot be taken', async () => {
    const taken = await sandbox.processes.spawn({
      argv: [
        '/usr/bin/python3',
        '-u',
        '-c',
        `
import ctypes, time
libc = ctypes.CDLL(None)
count = 0
while libc.inotify_init1(0) >= 0: count += 1
print(count, flush=True)
print('aio', libc.syscall(206, 65536, ctypes.byref(ctypes.c_ulong())), flush=True)
time.sleep(60)
`,
      ],
    })
    let seen = ''
    for await (const chunk of taken.output) {
      seen += decodeText(chunk.bytes)
      if (/aio .*\n/.test(seen)) break
    }
    expect(Number(seen.split('\n')[0])).toBeLessThanOrEqual(32)
    expect(seen).toContain('aio -1')
    watch('/').close()
    await taken.cancel()
  })

  it('terminals are bounded, and the host keeps its own', async () => {
    const opened = await outputOf(`
import os
count = 0
try:
    while True:
        os.openpty()
        count += 1
except OSError: print(count)
`)
    expect(Number(opened)).toBeLessThanOrEqual(64)
    expect(readdirSync('/dev/pts').length).toBeLessThan(64)
  })

  it.each([
    ['exit 0', { kind: 'exited', code: 0 }],
    ['exit 42', { kind: 'exited', code: 42 }],
    ['/etc/passwd', { kind: 'exited', code: 126 }],
    ['/nonexistent', { kind: 'exited', code: 127 }],
    ['kill -TERM $$', { kind: 'signaled', signal: 'SIGTERM' }],
    ['kill -SEGV $$', { kind: 'signaled', signal: 'SIGSEGV' }],
  ])('B15: the end of `%s` is told as it is', async (command, outcome) =>
    expect((await runShell(sandbox, command)).outcome).toEqual(outcome),
  )
})
