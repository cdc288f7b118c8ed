import { createLocalAdapter } from '@caisson/adapter-local'
import { decodeText, encodeText, runProcess, type Sandbox } from '@caisson/core'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hostilePrograms, hostilePython } from './support/hostile-programs.ts'
import { whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNot()

describe.skipIf(reason !== undefined)(`hostile programs${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const state = temporaryState()
  const adapter = createLocalAdapter({ stateDirectory: state })
  const secret = `canary-${randomUUID()}`
  let sandbox: Sandbox
  let server: Server
  let victim: ChildProcess

  beforeAll(async () => {
    writeFileSync(`${state}/canary`, secret, { mode: 0o644 })
    process.env['CAISSON_TEST_CANARY'] = secret
    server = createServer((socket) => socket.end(secret)).listen(0)
    victim = spawn('sh', ['-c', 'while :; do sleep 1; done', secret], { stdio: 'ignore' })
    await once(server, 'listening')
    sandbox = await adapter.create({})
  })
  afterAll(async () => {
    delete process.env['CAISSON_TEST_CANARY']
    victim.kill('SIGKILL')
    server.close()
    await sandbox.destroy()
    await adapter[Symbol.asyncDispose]()
  })

  it.each(hostilePrograms)('$row: gets nothing of $tries', async (program) => {
    const address = server.address()
    const canaries = {
      file: `${state}/canary`,
      state,
      secret,
      hostname: hostname(),
      pid: String(victim.pid),
      port: String(typeof address === 'object' ? address?.port : 0),
      address:
        Object.values(networkInterfaces())
          .flat()
          .find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address ?? '127.0.0.1',
    }
    const ran = await runProcess(
      sandbox,
      { argv: ['/usr/bin/python3', '-'], timeoutMs: 30_000 },
      { input: encodeText(hostilePython(program, canaries)) },
    )
    expect(decodeText(ran.stderr)).toBe('')
    expect(decodeText(ran.stdout)).toBe('done\n')
    expect(ran.outcome).toEqual({ kind: 'exited', code: 0 })
    expect(victim.exitCode).toBe(null)
    expect(victim.signalCode).toBe(null)
  })

  it('A7: holds for every process alike, also in a terminal', async () => {
    const argv = ['/bin/sh', '-c', 'grep -E "^(NoNewPrivs|Seccomp|CapEff):" /proc/self/status'] as const
    const plain = await runProcess(sandbox, { argv })
    const terminal = await runProcess(sandbox, { argv, terminal: { columns: 80, rows: 24 } })
    expect(decodeText(plain.stdout).split('\n').sort()).toEqual([
      '',
      'CapEff:\t0000000000000000',
      'NoNewPrivs:\t1',
      'Seccomp:\t2',
    ])
    expect(terminal.outcome).toEqual({ kind: 'exited', code: 0 })
  })

  it('A16: two sandboxes never share user ids', async () => {
    await using other = await adapter.create({})
    const map = async (of: Sandbox) =>
      decodeText((await runProcess(of, { argv: ['/bin/cat', '/proc/self/uid_map'] })).stdout)
        .trim()
        .split(/\s+/)
    const [mine, theirs] = [await map(sandbox), await map(other)]
    expect(mine[2]).toBe('65536')
    expect(mine[1]).not.toBe(theirs[1])
  })

  it('C11: one sandbox cannot reach a server in another', async () => {
    await using other = await adapter.create({})
    const listening = await other.processes.spawn({
      argv: [
        '/usr/bin/python3',
        '-c',
        'import socket,time; s=socket.create_server(("0.0.0.0", 7000)); print("up", flush=True); time.sleep(100)',
      ],
    })
    for await (const chunk of listening.output) if (decodeText(chunk.bytes).includes('up')) break
    const connect = [
      '/usr/bin/python3',
      '-c',
      'import socket; socket.create_connection(("127.0.0.1", 7000), 2)',
    ] as const
    expect((await runProcess(sandbox, { argv: connect })).outcome).toEqual({ kind: 'exited', code: 1 })
    expect((await runProcess(other, { argv: connect })).outcome).toEqual({ kind: 'exited', code: 0 })
  })
})
