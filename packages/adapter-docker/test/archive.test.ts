import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { putTar } from '../src/archive.ts'
import { createEngine } from '../src/engine.ts'

test('what is unpacked by an engine is a plain tar: an engine without its fix would unpack another with a program of the container', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'caisson-archive-'))
  const socketPath = join(directory, 'engine.sock')
  const uploads: { readonly headers: IncomingHttpHeaders; readonly body: Buffer }[] = []
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    uploads.push({ headers: request.headers, body: await buffer(request) })
    response.end()
  }
  const server = createServer((request, response) => void take(request, response)).listen(socketPath)
  await once(server, 'listening')
  const engine = createEngine('docker', { socketPath })
  try {
    await putTar(engine, engine.docker.getContainer('one'), '/', async (archive) => {
      archive.entry({ name: 'file' }, 'a'.repeat(100_000))
    })
    const [upload] = uploads
    expect(upload?.headers['content-encoding']).toBeUndefined()
    expect(upload?.body.subarray(257, 262).toString()).toBe('ustar')
    expect(upload?.body.byteLength).toBeGreaterThan(100_000)
  } finally {
    engine.close()
    server.closeAllConnections()
    server.close()
    rmSync(directory, { recursive: true })
  }
})
