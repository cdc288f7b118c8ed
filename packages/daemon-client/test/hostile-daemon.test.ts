import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { decodeText, encodeText, mib, runCode, type Sandbox } from '@caisson/core'
import { encodeEnvelope, encodeMessage } from '@caisson/wire-e2b'
import { describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { dialUnixSocket, waitForDaemon } from '../src/index.ts'
import { collect } from './support/collect.ts'
import { flood, json, startHostileDaemon, stream, streamHead } from './support/hostile-daemon.ts'
import { startHostileLaunches } from './support/hostile-launches.ts'
import { connectSandbox } from './support/open-sandbox.ts'

const deadlineMs = 400
const soon = () => ({ deadline: Date.now() + deadlineMs })
const accessToken = 'a-token-of-enough-length'
const started = { event: { start: { pid: 7 } } }

/** Runs a call against a daemon that answers like that; tells how it failed, and checks that nothing is left of it. */
async function suffer(
  answer: (socket: Socket, path: string) => void,
  call: (sandbox: Sandbox) => Promise<unknown>,
): Promise<unknown> {
  await using daemon = await startHostileDaemon(answer)
  return await sufferFrom(daemon, call)
}

async function sufferFrom(
  daemon: { readonly directory: string },
  call: (sandbox: Sandbox) => Promise<unknown>,
): Promise<unknown> {
  const sandbox = connectSandbox({ accessToken }, () => dialUnixSocket(daemon.directory, 'daemon.sock'))
  const startedAtMs = performance.now()
  const before = process.memoryUsage().rss
  const outcome = await call(sandbox).then(
    (value: unknown) => ({ value }),
    (error: unknown) => error,
  )
  expect(performance.now() - startedAtMs, 'time that it took').toBeLessThan(deadlineMs + 4000)
  expect(process.memoryUsage().rss - before, 'memory that it took').toBeLessThan(150 * mib)
  await sandbox.detach()
  return outcome
}

const list = async (sandbox: Sandbox): Promise<unknown> => await sandbox.processes.list(soon())
const launch = async (sandbox: Sandbox) => await sandbox.processes.spawn({ argv: ['true'] }, soon())
/** What can be talked with has a stream of its own from the start. */
const spawn = async (sandbox: Sandbox) => await sandbox.processes.spawn({ argv: ['true'], stdin: 'pipe' }, soon())
const output = async (sandbox: Sandbox): Promise<unknown> => await collect((await spawn(sandbox)).output)
const read = async (sandbox: Sandbox): Promise<unknown> => await Array.fromAsync(await sandbox.files.read('x', soon()))
const protocol = { name: 'SandboxError', adapter: 'test', code: 'protocol' }
const timeout = { name: 'SandboxError', adapter: 'test', code: 'timeout' }

describe('a daemon that never answers', () => {
  const silent = (): void => undefined
  it.each([
    ['list', list],
    ['launch', launch],
    ['spawn', spawn],
    ['read', read],
    ['write', async (sandbox: Sandbox) => await sandbox.files.write('x', encodeText('x'), soon())],
    ['watch', async (sandbox: Sandbox) => await sandbox.files.watch('x', soon())],
    ['connect', async (sandbox: Sandbox) => await sandbox.ports?.connect(80, soon())],
    ['attach', async (sandbox: Sandbox) => await sandbox.processes.attach(1, soon())],
  ] as const)('is given up by %s at its deadline', async (_, call) => {
    expect(await suffer(silent, call)).toMatchObject(timeout)
  })

  it('is given up by everything when the caller says so', async () => {
    const call = async (sandbox: Sandbox) => await sandbox.files.stat('x', { signal: AbortSignal.timeout(50) })
    expect(await suffer(silent, call)).toMatchObject({ code: 'cancelled' })
  })

  it('is not waited for longer than was said', async () => {
    await using daemon = await startHostileDaemon(silent)
    const dial = () => dialUnixSocket(daemon.directory, 'daemon.sock')
    await expect(waitForDaemon('test', { dial, accessToken }, soon())).rejects.toMatchObject(timeout)
  })
})

describe('a daemon that answers too slowly', () => {
  async function drip(socket: Socket, text: string): Promise<void> {
    for (const letter of text) {
      if (socket.destroyed) return
      socket.write(letter)
      await delay(20)
    }
  }

  it.each([
    ['its headers', json({ processes: [] })],
    ['its body', `HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n${' '.repeat(1000)}`],
  ])('letter by letter in %s is given up at the deadline', async (_, text) => {
    expect(await suffer((socket) => void drip(socket, text), list)).toMatchObject(timeout)
  })

  it('letter by letter in a stream is given up at the deadline', async () => {
    expect(await suffer((socket) => void drip(socket, streamHead + ' '.repeat(500)), spawn)).toMatchObject(timeout)
  })
})

describe('a daemon that answers too much', () => {
  it('in its headers is cut off', async () => {
    const answer = (socket: Socket): void => {
      socket.write('HTTP/1.1 200 OK\r\n')
      flood(socket, `x-filler: ${'x'.repeat(1000)}\r\n`)
    }
    expect(await suffer(answer, list)).toMatchObject(protocol)
  })

  it('in headers that announce others is cut off', async () => {
    const answer = (socket: Socket): void => flood(socket, 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n')
    expect(await suffer(answer, list)).toMatchObject({ name: 'SandboxError' })
  })

  it('in the body of an answer is cut off', async () => {
    const answer = (socket: Socket): void => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      flood(socket, ' '.repeat(65_536))
    }
    const patient = async (sandbox: Sandbox) => await sandbox.processes.list({ deadline: Date.now() + 4000 })
    expect(await suffer(answer, patient)).toMatchObject(protocol)
  })

  it('in the body of an error is cut off, and the error stays what it was', async () => {
    const answer = (socket: Socket): void => {
      socket.write('HTTP/1.1 503 Sorry\r\n\r\n')
      flood(socket, ' '.repeat(65_536))
    }
    expect(await suffer(answer, list)).toMatchObject({ code: 'unavailable' })
  })

  it.each([0xffff_ffff, 0x7fff_ffff, 5 * mib])('with a frame that claims %i bytes is cut off', async (length) => {
    const header = Buffer.alloc(5)
    header.writeUInt32BE(length, 1)
    const answer = (socket: Socket): void => {
      socket.write(streamHead)
      socket.write(header)
      flood(socket, ' '.repeat(65_536))
    }
    expect(await suffer(answer, spawn)).toMatchObject(protocol)
  })

  it('in a file is read no faster than the reader reads', async () => {
    const answer = (socket: Socket): void => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      flood(socket, 'x'.repeat(65_536))
    }
    const call = async (sandbox: Sandbox): Promise<number> => {
      const reader = (await sandbox.files.read('x')).getReader()
      await reader.read()
      await delay(300)
      await reader.cancel()
      return 1
    }
    expect(await suffer(answer, call)).toEqual({ value: 1 })
  })

  it('in output that nobody reads takes a bounded piece of memory', async () => {
    const data = encodeMessage({ event: { data: { stdout: Buffer.alloc(60_000).toString('base64') } } })
    const answer = (socket: Socket): void => {
      socket.write(streamHead)
      socket.write(encodeMessage(started))
      flood(socket, data)
    }
    const call = async (sandbox: Sandbox): Promise<number> => {
      const child = await spawn(sandbox)
      await delay(300)
      return child.pid
    }
    expect(await suffer(answer, call)).toEqual({ value: 7 })
  })
})

describe('a daemon that answers something else', () => {
  it.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['no JSON', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'],
    ['no UTF-8', 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n"\xff"'],
    ['another shape', json({ processes: 'many' })],
    ['a list', json([])],
    ['impossible pids', json({ processes: [{ pid: -1, config: { cmd: 'x' } }] })],
    [
      'a length and chunks at once',
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('than it should (%s) breaks the protocol', async (_, text) => {
    expect(await suffer((socket) => void socket.end(text, 'latin1'), list)).toMatchObject(protocol)
  })

  it.each([
    ['nothing at all', stream()],
    ['no start', stream({ event: { end: { status: 'x' } } })],
    ['a start without a pid', stream({ event: { start: {} } })],
    ['data of two streams at once', stream({ event: { data: { stdout: 'YQ==', stderr: 'YQ==' } } })],
    ['compressed frames', Buffer.concat([encodeText(streamHead), encodeEnvelope(encodeText('{}'), 1)])],
    ['no JSON', Buffer.concat([encodeText(streamHead), encodeEnvelope(encodeText('nonsense'))])],
  ])('at the start of a process (%s) breaks the protocol', async (_, bytes) => {
    expect(await suffer((socket) => void socket.end(bytes), spawn)).toMatchObject(protocol)
  })

  it.each([
    [
      'an offset that goes back',
      [{ data: { stdout: 'YWJj', offset: '10' } }, { data: { stdout: 'YQ==', offset: '5' } }],
    ],
    ['an offset that is no number', [{ data: { stdout: 'YQ==', offset: 'x' } }]],
    ['an offset beyond all numbers', [{ data: { stdout: 'YQ==', offset: '9007199254740993' } }]],
    ['an end without a result', [{ end: { status: 'done' } }]],
    [
      'an end before its output',
      [
        { data: { stdout: 'YWJj', offset: '0' } },
        { end: { status: 'x', caisson: { outcome: { kind: 'exited', code: 0 }, durationMs: 1, outputBytes: '1' } } },
      ],
    ],
    ['no end', []],
    [
      'an unknown outcome',
      [{ end: { status: 'x', caisson: { outcome: { kind: 'rich' }, durationMs: 1, outputBytes: '0' } } }],
    ],
  ])('in the output of a process (%s) breaks the protocol', async (_, events) => {
    const bytes = stream(started, ...events.map((event) => ({ event })))
    expect(await suffer((socket) => void socket.end(bytes), output)).toMatchObject(protocol)
  })

  it('with another pid when a process is taken up again breaks the protocol', async () => {
    let pid = 7
    const answer = (socket: Socket): void => {
      socket.end(Buffer.concat([encodeText(streamHead), encodeMessage({ event: { start: { pid } } })]))
      pid += 1
    }
    expect(await suffer(answer, output)).toMatchObject(protocol)
  })

  it('with made-up codes and names gets known ones', async () => {
    const answer = (body: unknown, status: string) => (socket: Socket) => void socket.end(json(body, status))
    const stat = async (sandbox: Sandbox): Promise<unknown> => await sandbox.files.stat('x', soon())
    const cases = [
      [{ code: 'not_found', caisson: { errno: 'ENOENT' } }, 'path-not-found'],
      [{ code: 'not_found', caisson: { errno: 'EXOTIC' } }, 'path-not-found'],
      [{ code: '__proto__' }, 'provider'],
      [{ code: 'not_found', caisson: { errno: '../../etc' } }, 'path-not-found'],
      [{ code: 'internal', message: 'x'.repeat(10_000) }, 'provider'],
    ] as const
    for (const [body, code] of cases) {
      const error = await suffer(answer(body, '404 Not Found'), stat)
      expect(error).toMatchObject({ name: 'SandboxError', code })
      expect(String(error).length).toBeLessThan(1100)
    }
  })

  it('tells of paths as it likes, and the host opens none of them', async () => {
    const entry = { name: '../../etc/passwd', path: '/etc/passwd\0', type: 'FILE_TYPE_FILE', size: '5' }
    const answer = (socket: Socket, path: string): void => {
      if (!path.startsWith('/files?')) socket.end(json({ entry }))
      else socket.end(json([{ name: 'x', path: '../../../etc/passwd', type: 'file' }]))
    }
    const call = async (sandbox: Sandbox): Promise<unknown> =>
      await sandbox.files.write('mine', encodeText('x'), soon())
    expect(await suffer(answer, call)).toMatchObject({ value: { name: '../../etc/passwd', sizeBytes: 5 } })
  })

  it('redirects, and nobody goes there', async () => {
    const answer = (socket: Socket): void => {
      socket.end('HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n')
    }
    expect(await suffer(answer, list)).toMatchObject({ name: 'SandboxError' })
  })

  it('breaks off an answer that it began', async () => {
    const answer = (socket: Socket): void => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"proc')
    expect(await suffer(answer, list)).toMatchObject({ name: 'SandboxError', code: 'unavailable' })
    expect(await suffer(answer, read)).toMatchObject({ name: 'SandboxError', code: 'unavailable' })
  })
})

describe('a daemon with a tunnel of its own kind', () => {
  const connect = async (sandbox: Sandbox): Promise<unknown> => await sandbox.ports?.connect(80, soon())

  it('that answers with something else is an error', async () => {
    for (const answer of [
      'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
      'HTTP/1.1 101 Yes\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
      'nonsense\r\n\r\n',
    ])
      expect(await suffer((socket) => void socket.end(answer), connect)).toMatchObject({ name: 'SandboxError' })
  })
})

describe('a daemon that runs cells in its own way', () => {
  const run = async (sandbox: Sandbox): Promise<unknown> => {
    if (sandbox.code === undefined) throw new Error('it runs no cells')
    return await runCode(sandbox.code, 'x = 1', soon())
  }
  const end = '{"type":"end_of_execution"}\n'

  it.each([
    ['no text', { lines: 7 }],
    ['nothing of use', {}],
    ['a name that is a path', { execution: '../files' }],
    ['lines that are no JSON', { lines: `nonsense\n${end}` }],
    ['events of its own', { lines: `{"type":"result","text":7}\n${end}` }],
  ])('by answering %s breaks the protocol', async (_, answer) => {
    await using daemon = await startHostileLaunches((socket, id) => socket.send(JSON.stringify({ id, ...answer })))
    expect(await sufferFrom(daemon, run)).toMatchObject(protocol)
  })

  it.each([
    ['without an end', { lines: '{"type":"stdout","text":"a"}\n' }],
    ['under a name that it does not know', { execution: 'a' }],
  ])('by telling of a cell %s has lost it', async (_, answer) => {
    await using daemon = await startHostileLaunches((socket, id) => socket.send(JSON.stringify({ id, ...answer })))
    expect(await sufferFrom(daemon, run)).toMatchObject({ code: 'unavailable' })
  })
})

describe('a daemon that launches in its own way', () => {
  const run = async (sandbox: Sandbox): Promise<string> =>
    decodeText((await collect((await launch(sandbox)).output)).bytes)
  const start = { event: { start: { pid: 7 } } }
  const output = (offset: string) => ({ event: { data: { stdout: 'YWJj', offset } } })
  const end = (outputBytes: string) => ({
    event: {
      end: { status: 'x', caisson: { outcome: { kind: 'exited', code: 0 }, durationMs: 1, outputBytes } },
    },
  })

  it.each([
    ['no JSON', () => 'nonsense'],
    ['another shape', (id: number) => JSON.stringify({ id, messages: 'many' })],
    ['nothing', (id: number) => JSON.stringify({ id, messages: [] })],
    ['no start', (id: number) => JSON.stringify({ id, messages: [end('0')] })],
    ['what nobody asked', (id: number) => JSON.stringify({ id: id + 1, messages: [start] })],
    ['an impossible id', () => JSON.stringify({ id: -1, messages: [start] })],
    ['two starts', (id: number) => JSON.stringify({ id, messages: [start, { event: {} }] })],
    ['output that goes back', (id: number) => JSON.stringify({ id, messages: [start, output('3'), output('1')] })],
    ['an end before its output', (id: number) => JSON.stringify({ id, messages: [start, output('0'), end('1')] })],
  ])('by saying %s breaks the protocol', async (_, answer) => {
    await using daemon = await startHostileLaunches((socket, id) => socket.send(answer(id)))
    expect(await sufferFrom(daemon, run)).toMatchObject(protocol)
  })

  it.each([
    ['nests as deep as it can', (id: number) => `{"id":${id},"messages":${'['.repeat(1_000_000)}`],
    ['nests as deep as it may', (id: number) => `{"id":${id},"messages":${'['.repeat(9999)}${']'.repeat(9999)}}`],
    ['hides its answer in a prototype', (id: number) => `{"id":${id},"__proto__":{"messages":[]}}`],
    ['tells a number beyond all', (id: number) => `{"id":${id},"messages":[{"event":{"start":{"pid":1e999}}}]}`],
    ['tells a pid that is none', (id: number) => `{"id":${id},"messages":[{"event":{"start":{"pid":7.5}}}]}`],
    ['asks with a number beyond all', () => '{"id":1e999,"messages":[]}'],
  ])('that %s breaks the protocol, and changes nothing', async (_, answer) => {
    await using daemon = await startHostileLaunches((socket, id) => socket.send(answer(id)))
    expect(await sufferFrom(daemon, run)).toMatchObject(protocol)
    expect(Object.hasOwn(Object.prototype, 'messages')).toBe(false)
  })

  it.each<[string, (socket: WebSocket) => void]>([
    ['by a frame that never ends', (socket) => socket.send('{"id":', { fin: false })],
    ['by nothing but pings', floodWithPings],
  ])('%s is given up at the deadline', async (_, answer) => {
    await using daemon = await startHostileLaunches(answer)
    expect(await sufferFrom(daemon, run)).toMatchObject(timeout)
  })

  it.each<[string, (socket: WebSocket) => void]>([
    ['a compressed frame that nobody agreed on', (socket) => writeRaw(socket, 0xc1, 0x02, 0x4b, 0x04)],
    ['a masked frame', (socket) => writeRaw(socket, 0x81, 0x82, 1, 2, 3, 4, 0x31, 0x32)],
    ['a control frame in pieces', (socket) => writeRaw(socket, 0x09, 0x00)],
    ['a length of all bits', (socket) => writeRaw(socket, 0x81, 0x7f, 255, 255, 255, 255, 255, 255, 255, 255)],
    ['text that is no UTF-8', (socket) => writeRaw(socket, 0x81, 0x02, 0xc3, 0x28)],
    ['a close with a code that is none', (socket) => writeRaw(socket, 0x88, 0x02, 0x00, 0x01)],
  ])('that sends %s is hung up on', async (_, answer) => {
    await using daemon = await startHostileLaunches(answer)
    expect(await sufferFrom(daemon, run)).toMatchObject({
      name: 'SandboxError',
      code: expect.stringMatching(/^(protocol|unavailable)$/),
    })
  })

  it('by saying more than it may is cut off', async () => {
    await using daemon = await startHostileLaunches((socket) => socket.send(Buffer.alloc(5 * mib, ' ')))
    expect(await sufferFrom(daemon, run)).toMatchObject({ name: 'SandboxError' })
  })

  it('by saying everything twice breaks the protocol for the next launch only', async () => {
    await using daemon = await startHostileLaunches((socket, id) => {
      const answer = JSON.stringify({ id, messages: [start, end('0')] })
      socket.send(answer)
      socket.send(answer)
    })
    const twice = async (sandbox: Sandbox): Promise<unknown> => [await run(sandbox), await run(sandbox)]
    expect(await sufferFrom(daemon, twice)).toEqual({ value: ['', ''] })
  })

  it('by hanging up is unreachable, and is asked anew', async () => {
    let launches = 0
    await using daemon = await startHostileLaunches((socket, id) => {
      launches += 1
      if (launches === 1) socket.terminate()
      else socket.send(JSON.stringify({ id, messages: [start, output('0'), end('3')] }))
    })
    const twice = async (sandbox: Sandbox): Promise<unknown> => [
      await run(sandbox).catch((e: unknown) => e),
      await run(sandbox),
    ]
    expect(await sufferFrom(daemon, twice)).toMatchObject({ value: [{ code: 'unavailable' }, 'abc'] })
  })

  it('by never answering is given up at the deadline', async () => {
    await using daemon = await startHostileLaunches(() => undefined)
    expect(await sufferFrom(daemon, run)).toMatchObject(timeout)
  })
})

/** Past the library, which would not send it. */
function writeRaw(socket: WebSocket, ...bytes: readonly number[]): void {
  if ('_socket' in socket && socket._socket instanceof Socket) socket._socket.write(Uint8Array.from(bytes))
}

function floodWithPings(socket: WebSocket): void {
  const timer = setInterval(() => socket.ping('x'.repeat(100)), 1)
  socket.once('close', () => clearInterval(timer))
}
