import { createLocalAdapter } from '@caisson/adapter-local'
import { mib, type Process, runShell, type Sandbox } from '@caisson/core'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { gvisorState, whyNoGvisor } from './support/gvisor.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNoGvisor()

/** Counts for as long as it lives, and has something in memory that nobody else knows. */
const counter = `
import os, time
secret = os.urandom(8).hex()
ballast = bytearray(os.urandom(8 << 20))
count = 0
while True:
    count += 1
    with open('/home/user/next', 'w') as file:
        file.write(f'{secret} {count} {sum(ballast[::4096])}')
    os.rename('/home/user/next', '/home/user/count')
    time.sleep(0.01)
`

interface Count {
  readonly secret: string
  readonly count: number
  readonly sum: string
}

async function text(sandbox: Sandbox, script: string): Promise<string> {
  const ran = await runShell(sandbox, script)
  expect({ outcome: ran.outcome, stderr: Buffer.from(ran.stderr).toString() }).toEqual({
    outcome: { kind: 'exited', code: 0 },
    stderr: '',
  })
  return Buffer.from(ran.stdout).toString()
}

async function read(sandbox: Sandbox): Promise<Count> {
  const [secret = '', count, sum = ''] = (await text(sandbox, 'cat ~/count')).split(' ')
  return { secret, count: Number(count), sum }
}

async function startCounter(sandbox: Sandbox): Promise<Process> {
  const process = await sandbox.processes.spawn({ argv: ['/usr/bin/python3', '-c', counter] })
  await text(sandbox, 'until [ -s ~/count ]; do sleep 0.05; done')
  return process
}

/** It was not started anew, and it counts. */
async function goesOn(sandbox: Sandbox, before: Count): Promise<void> {
  const after = await read(sandbox)
  expect(after).toMatchObject({ secret: before.secret, sum: before.sum })
  expect(after.count).toBeGreaterThanOrEqual(before.count)
  await vi.waitFor(async () => expect((await read(sandbox)).count).toBeGreaterThan(after.count), 10_000)
}

/** Memory of the host that processes of this state directory have, and not only share. */
function processesOf(state: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`--root=${gvisorState(state)}`)
      )
    } catch {
      return false
    }
  })
}

describe.skipIf(reason !== undefined)(
  `the memory of a gVisor sandbox${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    const state = temporaryState()
    const open = () => createLocalAdapter({ tier: 'gvisor', stateDirectory: state, preparedSandboxes: 0 })

    it('is all that a paused sandbox has: no process is left, and a program counts on when it is resumed', async () => {
      await using adapter = open()
      await using sandbox = await adapter.create({})
      const process = await startCounter(sandbox)
      const before = await read(sandbox)
      expect(processesOf(state)).not.toEqual([])
      await sandbox.pause?.()
      expect(processesOf(state)).toEqual([])
      expect(await sandbox.metrics?.()).toMatchObject({ memoryBytes: 0, pids: 0 })
      await sandbox.resume?.()
      await goesOn(sandbox, before)
      expect((await sandbox.processes.list()).map(({ pid }) => pid)).toContain(process.pid)
      await process.cancel()
      expect((await process.wait()).outcome).toEqual({ kind: 'cancelled' })
    })

    it('waits for another process, which resumes it', async () => {
      const first = open()
      const sandbox = await first.create({})
      await startCounter(sandbox)
      const before = await read(sandbox)
      await sandbox.pause?.()
      await first[Symbol.asyncDispose]()
      await using second = open()
      expect(await Array.fromAsync(second.list())).toMatchObject([{ id: sandbox.id, state: 'paused' }])
      await using found = await second.connect(sandbox.id)
      await found.resume?.()
      await goesOn(found, before)
    })

    it('goes on in every fork by itself, three at a time, each with a name and a token of its own', async () => {
      await using adapter = open()
      await using sandbox = await adapter.create({ labels: { run: 'one' }, ttlMs: 600_000 })
      await startCounter(sandbox)
      const before = await read(sandbox)
      const forks = (await sandbox.fork?.(3, { ttlMs: 300_000, labels: { run: 'two' } })) ?? []
      try {
        expect(new Set([sandbox, ...forks].map(({ id }) => id)).size).toBe(4)
        for (const each of [sandbox, ...forks]) await goesOn(each, before)
        const records = [sandbox, ...forks].map(({ id }) =>
          readFileSync(`${gvisorState(state)}/sandboxes/${id}/record.json`, 'utf8'),
        )
        expect(new Set(records.map((record) => /"accessToken":"(\w+)"/.exec(record)?.[1])).size).toBe(4)
        expect(await forks[0]?.info()).toMatchObject({ labels: { run: 'two' }, state: 'running' })
        // What one does concerns no other.
        await text(forks[0] ?? sandbox, 'echo mine > ~/own; pkill python3 || kill $(pgrep python3)')
        expect(await text(forks[1] ?? sandbox, 'ls ~; pgrep -c python3')).toMatch(/^count\n(next\n)?1\n$/)
      } finally {
        await Promise.all(forks.map(async (fork) => await fork.destroy()))
      }
    })

    it('is kept under a name, from which sandboxes go on also when the first is gone', async () => {
      await using adapter = open()
      const sandbox = await adapter.create({})
      await startCounter(sandbox)
      await sandbox.snapshot?.('counting')
      const before = await read(sandbox)
      await expect(sandbox.snapshot?.('counting')).rejects.toMatchObject({ code: 'conflict', field: 'name' })
      await expect(sandbox.snapshot?.('host')).rejects.toMatchObject({ code: 'conflict', field: 'name' })
      await expect(sandbox.snapshot?.('../x')).rejects.toMatchObject({ code: 'invalid-argument', field: 'name' })
      await sandbox.destroy()
      await using copy = await adapter.create({ template: 'counting', env: { GREETING: 'hello' } })
      const first = await read(copy)
      expect(first.secret).toBe(before.secret)
      await goesOn(copy, first)
      expect(await text(copy, 'echo $GREETING')).toBe('hello\n')
      expect(await copy.info()).toMatchObject({ template: 'counting' })
      const other = adapter.create({ template: 'counting', resources: { memoryBytes: 64 * mib } })
      await expect(other).rejects.toMatchObject({ code: 'unsupported', field: 'resources.memoryBytes' })
    })

    it('is written down although connections lead out, which are then lost', async () => {
      const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
      await new Promise((resolve) => server.once('listening', resolve))
      const address = server.address()
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0
      await using adapter = open()
      const rules = [{ host: 'localhost', port, allowPrivateAddress: true }]
      await using sandbox = await adapter.create({ egress: { mode: 'allow', rules } })
      const talk = `
import socket, time
def connect():
    s = socket.create_connection(('127.0.0.1', 3128))
    s.sendall(b'CONNECT localhost:${port} HTTP/1.1\\r\\nHost: localhost:${port}\\r\\n\\r\\n')
    assert b' 200 ' in s.recv(4096)
    s.sendall(b'ping')
    assert s.recv(4) == b'ping'
    return s
s = connect()
print('connected', flush=True)
try:
    lost = s.recv(1) == b''
except OSError:
    lost = True
print('lost', lost, flush=True)
for _ in range(200):
    try:
        connect()
        print('again', flush=True)
        break
    except (OSError, AssertionError):
        time.sleep(0.05)
`
      const process = await sandbox.processes.spawn({ argv: ['/usr/bin/python3', '-c', talk] })
      const decoder = new TextDecoder()
      let said = ''
      const reading = (async () => {
        for await (const { bytes } of process.output) said += decoder.decode(bytes, { stream: true })
      })()
      await vi.waitFor(() => expect(said).toBe('connected\n'), 20_000)
      await sandbox.pause?.()
      await sandbox.resume?.()
      await reading
      expect(said).toBe('connected\nlost True\nagain\n')
      server.close()
    })

    it('of a sandbox in which a program listens on a socket of the disk cannot be written down, which harms nothing', async () => {
      await using adapter = open()
      await using sandbox = await adapter.create({})
      const listen =
        "import socket,time; s=socket.socket(1); s.bind('/home/user/s'); s.listen(); print('up',flush=True); time.sleep(60)"
      const process = await sandbox.processes.spawn({ argv: ['/usr/bin/python3', '-c', listen] })
      await text(sandbox, 'until [ -S ~/s ]; do sleep 0.05; done')
      await expect(sandbox.pause?.()).rejects.toMatchObject({ code: 'conflict' })
      expect(await sandbox.info()).toMatchObject({ state: 'running' })
      expect(await text(sandbox, 'echo well')).toBe('well\n')
      await process.cancel()
      await text(sandbox, 'rm ~/s')
      await sandbox.pause?.()
      await sandbox.resume?.()
      expect(await text(sandbox, 'echo well')).toBe('well\n')
    })
  },
)
