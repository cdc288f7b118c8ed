import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeText, kib, mib, type Sandbox } from '@caisson/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '@caisson/daemon/testing'
import { collect } from './support/collect.ts'
import { flakyDial } from './support/flaky-dial.ts'
import { connectSandbox, openSandbox, type TestSandbox } from './support/open-sandbox.ts'

let opened: TestSandbox
let sandbox: Sandbox
beforeAll(async () => {
  opened = await openSandbox()
  sandbox = opened.sandbox
})
afterAll(async () => await opened[Symbol.asyncDispose]())

/** The lines of `seq`, which tell by themselves what is missing. */
function sequence(last: number): string {
  return Array.from({ length: last }, (_, index) => `${index + 1}\n`).join('')
}

describe('output', () => {
  it('comes byte for byte, whatever the bytes', async () => {
    const random = randomBytes(mib)
    writeFileSync(join(opened.daemon.home, 'random'), random)
    const child = await sandbox.processes.spawn({ argv: ['cat', 'random'] })
    const { bytes, jumps } = await collect(child.output)
    expect(Buffer.compare(bytes, random)).toBe(0)
    expect(jumps).toBe(0)
  })

  it('is complete for a reader that reads as it comes, though it is more than the journal', async () => {
    const child = await sandbox.processes.spawn({ argv: ['seq', '4000000'], journalBytes: 2 * mib })
    const { bytes, jumps } = await collect(child.output)
    expect(jumps).toBe(0)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      createHash('sha256').update(sequence(4_000_000)).digest('hex'),
    )
  }, 20_000)

  it('that nobody reads holds neither the process nor its end up', async () => {
    const child = await sandbox.processes.spawn({ argv: ['head', '-c', '50000000', '/dev/zero'] })
    const { outcome, outputBytes } = await child.wait()
    expect({ outcome, outputBytes }).toEqual({ outcome: { kind: 'exited', code: 0 }, outputBytes: 50_000_000 })
  })

  it('that no longer fits the journal shows as a jump, and the latest is there', async () => {
    const child = await sandbox.processes.spawn({ argv: ['seq', '1000000'], journalBytes: 64 * kib })
    await child.wait()
    const { bytes, jumps } = await collect(child.output)
    expect(jumps).toBeGreaterThan(0)
    expect(bytes.byteLength).toBeLessThan(2 * mib)
    expect(decodeText(bytes)).toMatch(/\n999999\n1000000\n$/)
  })

  it('reaches several readers at the same time, each in full', async () => {
    const child = await sandbox.processes.spawn({
      argv: ['sh', '-c', 'for i in 1 2 3 4 5; do echo $i; sleep 0.02; done'],
    })
    const others = await Promise.all([1, 2, 3].map(async () => await sandbox.processes.attach(child.pid)))
    const all = await Promise.all([child, ...others].map(async ({ output }) => await collect(output)))
    expect(all.map(({ bytes }) => decodeText(bytes))).toEqual(Array(4).fill(sequence(5)))
  })

  it('is replayed from exactly where it was asked for, also after the end', async () => {
    const child = await sandbox.processes.spawn({ argv: ['seq', '1000'] })
    await child.wait()
    const whole = sequence(1000)
    for (const fromOffset of [0, 1, 777, whole.length - 1, whole.length]) {
      const again = await sandbox.processes.attach(child.pid, { fromOffset })
      const { bytes } = await collect(again.output, fromOffset)
      expect(decodeText(bytes)).toBe(whole.slice(fromOffset))
      expect((await again.wait()).outcome).toEqual({ kind: 'exited', code: 0 })
    }
  })

  it('of a program that writes byte by byte takes no more memory than the journal may', async () => {
    const program = 'import sys\nfor i in range(100000):\n  sys.stdout.write("a"); sys.stdout.flush()'
    const child = await sandbox.processes.spawn({ argv: ['python3', '-c', program], journalBytes: 256 * kib })
    const { bytes } = await collect(child.output)
    expect(bytes.byteLength).toBe(100_000)
  })

  it('whose reader stops leaves the process alone', async () => {
    const child = await sandbox.processes.spawn({ argv: ['sh', '-c', 'echo a; sleep 0.1; echo b; exit 7'] })
    const reader = child.output.getReader()
    await reader.read()
    await reader.cancel()
    expect((await child.wait()).outcome).toEqual({ kind: 'exited', code: 7 })
  })
})

describe('a broken connection', () => {
  it('costs no byte of the output and repeats none', async () => {
    let connections = 0
    const dial = flakyDial(opened.daemon.socketPath, () => {
      connections += 1
      return 150_000 + connections * 1000
    })
    const flaky = connectSandbox(opened.daemon, dial)
    const child = await flaky.processes.spawn({ argv: ['sh', '-c', 'seq 200000; exit 3'] })
    const { bytes, jumps } = await collect(child.output)
    expect(decodeText(bytes)).toBe(sequence(200_000))
    expect(jumps).toBe(0)
    expect(connections).toBeGreaterThan(5)
    expect((await child.wait()).outcome).toEqual({ kind: 'exited', code: 3 })
    await flaky.detach()
  })

  it('that never comes back is an error, not a wait', async () => {
    let path = opened.daemon.socketPath
    let cut = 100_000
    const flaky = connectSandbox(opened.daemon, () => flakyDial(path, () => cut)())
    const child = await flaky.processes.spawn({ argv: ['sh', '-c', 'seq 200000; exec sleep 100'] })
    path = '/nonexistent/socket'
    cut = Infinity
    await expect(collect(child.output)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await expect(child.wait()).rejects.toMatchObject({ code: 'unavailable' })
    await expect(flaky.files.stat('/')).rejects.toMatchObject({ code: 'unavailable' })
    await (await sandbox.processes.attach(child.pid)).cancel()
    await flaky.detach()
  })

  it('by detaching ends the readers of this handle, and no process', async () => {
    const handle = connectSandbox(
      opened.daemon,
      flakyDial(opened.daemon.socketPath, () => Infinity),
    )
    const child = await handle.processes.spawn({ argv: ['sh', '-c', 'echo a; exec sleep 100'], tag: 'stays' })
    const reader = child.output.getReader()
    await reader.read()
    await handle.detach()
    await expect(reader.read()).rejects.toMatchObject({ code: 'cancelled' })
    const found = await sandbox.processes.attach('stays')
    await found.cancel()
  })
})

describe('a host that dies', () => {
  it('in the middle of the output leaves the rest to the next one, byte for byte', async () => {
    const script = fileURLToPath(new URL('./support/read-some.ts', import.meta.url))
    const { directory, accessToken } = opened.daemon
    const host = fork(script, [directory, accessToken], { execArgv: ['--conditions=@caisson/source'] })
    const [message] = (await once(host, 'message')) as [{ pid: number; read: string; position: number }]
    const gone = once(host, 'exit')
    host.kill('SIGKILL')
    await gone
    const child = await sandbox.processes.attach(message.pid, { fromOffset: message.position })
    const { bytes, jumps } = await collect(child.output, message.position)
    expect(jumps).toBe(0)
    expect(message.read + decodeText(bytes)).toBe(sequence(3000))
    expect((await child.wait()).outcome).toEqual({ kind: 'exited', code: 0 })
  })
})

describe('a program', () => {
  it('can end while a process of its runs, and does not end while it waits for one', async () => {
    const script = fileURLToPath(new URL('./support/leave-running.ts', import.meta.url))
    const { directory, accessToken } = opened.daemon
    const host = fork(script, [directory, accessToken], { execArgv: ['--conditions=@caisson/source'] })
    const messages: unknown[] = []
    host.on('message', (message) => messages.push(message))
    const [code] = (await once(host, 'exit')) as [number]
    expect(code).toBe(0)
    expect(messages).toEqual(['waited', 'read', 'left'])
    const left = await sandbox.processes.attach('left-running')
    await until(async () => (await sandbox.processes.list()).some(({ tag }) => tag === 'left-running'), 'it runs on')
    await left.cancel()
  })
})
