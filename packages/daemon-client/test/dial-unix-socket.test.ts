import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '@caisson/daemon/testing'
import { dialUnixSocket } from '../src/index.ts'
import { connectSandbox, livingSandbox } from './support/open-sandbox.ts'

let directory: string
let connections = 0
const server = createServer((socket) => {
  connections += 1
  socket.end('from the real socket')
})
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'caisson-dial-'))
  server.listen(join(directory, 'real.sock'))
  await once(server, 'listening')
})
afterAll(() => {
  server.close()
  rmSync(directory, { recursive: true, force: true })
})

async function readAll(stream: Duplex): Promise<string> {
  return Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Uint8Array>)).toString()
}

const openDescriptors = (): number => readdirSync('/proc/self/fd').length

describe('dialling a socket in a directory that the sandbox can write to', () => {
  it('connects, and holds nothing but the connection', async () => {
    const before = openDescriptors()
    expect(await readAll(dialUnixSocket(directory, 'real.sock'))).toBe('from the real socket')
    await until(() => openDescriptors() <= before, 'all descriptors are closed')
  })

  it.each([
    ['a symbolic link', () => symlinkSync('real.sock', join(directory, 'planted'))],
    ['a file', () => writeFileSync(join(directory, 'planted'), 'x')],
    ['a pipe', () => execFileSync('mkfifo', [join(directory, 'planted')])],
    ['nothing', () => undefined],
  ])('refuses %s', async (_, plant) => {
    plant()
    const before = { connections, descriptors: openDescriptors() }
    await expect(readAll(dialUnixSocket(directory, 'planted'))).rejects.toThrow(/not a socket|ELOOP|ENOENT/)
    expect(connections).toBe(before.connections)
    await until(() => openDescriptors() <= before.descriptors, 'all descriptors are closed')
    rmSync(join(directory, 'planted'), { force: true })
  })
})

describe('a sandbox that is gone', () => {
  const accessToken = 'a-token-of-enough-length'
  const dial = () => dialUnixSocket(directory, 'no-such.sock')

  it('is not found, whatever is asked of it', async () => {
    const sandbox = connectSandbox(
      { accessToken },
      dial,
      livingSandbox(() => false),
    )
    const gone = { name: 'SandboxError', code: 'sandbox-not-found' }
    await expect(sandbox.processes.list()).rejects.toMatchObject(gone)
    await expect(sandbox.processes.spawn({ argv: ['true'] })).rejects.toMatchObject(gone)
    await expect(sandbox.files.read('x')).rejects.toMatchObject(gone)
    await expect(sandbox.files.watch('x')).rejects.toMatchObject(gone)
    await expect(sandbox.ports?.connect(80)).rejects.toMatchObject(gone)
  })

  it('is unavailable while it should be there, and that may be tried again', async () => {
    const sandbox = connectSandbox({ accessToken }, dial)
    await expect(sandbox.processes.list()).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  })

  it('is not found through a handle that destroyed it', async () => {
    const sandbox = connectSandbox({ accessToken }, dial)
    expect(await sandbox.destroy()).toBe('destroyed')
    await expect(sandbox.files.stat('/')).rejects.toMatchObject({ code: 'sandbox-not-found' })
    expect(await sandbox.destroy()).toBe('destroyed')
  })
})
