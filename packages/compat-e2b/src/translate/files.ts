import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { FilesWritten } from '@caisson/wire-e2b'
import { E2bError } from '../e2b-error.ts'
import { sendJson } from '../http/reply.ts'
import type { Exchange } from './exchange.ts'
import { readForm } from './read-form.ts'

/** `GET /files` and `POST /files`. Ranges, compression of answers and metadata are left to sandboxes that have them. */
export async function answerFiles(exchange: Exchange, query: URLSearchParams): Promise<void> {
  const { request } = exchange
  if (request.method === 'GET' || request.method === 'HEAD') return await download(exchange, query.get('path') ?? '')
  if (request.method === 'POST') return await upload(exchange, query.get('path'))
  throw new E2bError(405, 'there is no such method')
}

async function download({ entry, response, request, user, signal }: Exchange, path: string): Promise<void> {
  const { files } = entry.sandbox
  const { sizeBytes, type } = await files.stat(path, { user, signal })
  if (type === 'directory') throw new E2bError(400, `path '${path}' is a directory`)
  const data = await files.read(path, { user, signal })
  const name = encodeURIComponent(path.split('/').at(-1) ?? '')
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-disposition': `inline; filename*=UTF-8''${name}`,
    // Clients take an answer without a length for one with content.
    ...(type === 'file' && sizeBytes === 0 ? { 'content-length': '0' } : {}),
  })
  if (request.method === 'HEAD') {
    await data.cancel()
    response.end()
    return
  }
  await pipeline(Readable.fromWeb(data), response).catch(() => response.destroy())
}

async function upload({ entry, request, response, user, signal }: Exchange, path: string | null): Promise<void> {
  const { files } = entry.sandbox
  if (Object.keys(request.headers).some((name) => name.startsWith('x-metadata-')))
    throw new E2bError(400, `files of ${entry.record.adapter} keep no metadata`)
  const written: FilesWritten = []
  const write = async (target: string, data: AsyncIterable<Uint8Array>): Promise<void> => {
    const body: ReadableStream<Uint8Array> = ReadableStream.from(data)
    const { name, path: at } = await files.write(target, body, { user, signal })
    written.push({ name, path: at, type: 'file' })
  }
  const body: AsyncIterable<Uint8Array> = decompressed(request)
  const type = request.headers['content-type'] ?? ''
  if (!type.toLowerCase().startsWith('multipart/form-data')) {
    if (path === null) throw new E2bError(400, 'the path is missing')
    await write(path, body)
  } else {
    for await (const { name, data } of readForm(body, type)) {
      const target = path ?? name
      if (target === undefined) throw new E2bError(400, 'a file of the form has no name')
      await write(target, data)
    }
  }
  sendJson(response, { status: 200, body: written })
}

function decompressed(request: Exchange['request']): AsyncIterable<Uint8Array> {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return request
  if (encoding === 'gzip') return request.pipe(createGunzip())
  throw new E2bError(400, `the encoding '${encoding}' is not supported`)
}
