import { close, closeSync, read, readSync } from 'node:fs'
import { httpError } from '../connect-protocol.ts'
import type { User } from '../user.ts'
import { notePassed } from '../garbage.ts'
import { chooseEncoding, parseRange } from './negotiate.ts'
import { type OpenFile, openToRead } from './open-regular.ts'
import { baseName } from './paths.ts'

const chunkBytes = 256 * 1024

/** `GET /files`: streams a regular file, or a range of it, compressed when the client can read that. */
export function download(request: Request, path: string, user: User): Response {
  const file = openToRead(path, user)
  const size = file.status.size
  const headers: Record<string, string> = {
    'content-type': 'application/octet-stream',
    'content-disposition': `inline; filename*=UTF-8''${encodeURIComponent(baseName(path))}`,
    'accept-ranges': 'bytes',
    vary: 'accept-encoding',
    'last-modified': file.status.mtime.toUTCString(),
  }
  const encoding = chooseEncoding(request.headers.get('accept-encoding'))
  if (encoding === undefined) {
    closeSync(file.descriptor)
    return httpError(406, 'only gzip and identity are offered')
  }
  const range = parseRange(request.headers.get('range'), size)
  if (range === 'unsatisfiable') {
    closeSync(file.descriptor)
    return new Response(null, { status: 416, headers: { 'content-range': `bytes */${size}` } })
  }
  if (range !== undefined) {
    headers['content-range'] = `bytes ${range.start}-${range.end}/${size}`
    headers['content-length'] = String(range.end - range.start + 1)
    return new Response(streamFile(file, range.start, range.end - range.start + 1), { status: 206, headers })
  }
  // What the kernel makes up when it is read, as in /proc, has no size beforehand.
  const first = size === 0 ? readStart(file) : undefined
  if (first?.byteLength === 0) {
    closeSync(file.descriptor)
    return new Response(null, { headers: { ...headers, 'content-length': '0' } })
  }
  const body = streamFile(file, 0, first === undefined ? size : undefined)
  if (encoding === 'gzip')
    return new Response(body.pipeThrough(new CompressionStream('gzip')), {
      headers: { ...headers, 'content-encoding': 'gzip' },
    })
  return new Response(body, { headers: first === undefined ? { ...headers, 'content-length': String(size) } : headers })
}

function readStart({ descriptor }: OpenFile): Uint8Array {
  const buffer = new Uint8Array(1)
  return buffer.subarray(0, readSync(descriptor, buffer, 0, 1, 0))
}

/** `length` bytes from `start` on, or up to the end. A file that is cut short meanwhile breaks the stream off. */
function streamFile({ descriptor }: OpenFile, start: number, length: number | undefined): ReadableStream<Uint8Array> {
  let position = start
  const end = length === undefined ? Infinity : start + length
  const finish = (): void => close(descriptor, () => undefined)
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const bytes = await readAt(descriptor, position, Math.min(chunkBytes, end - position)).catch(
          (error: unknown) => {
            finish()
            throw error
          },
        )
        position += bytes.byteLength
        notePassed(bytes.byteLength)
        if (bytes.byteLength > 0) controller.enqueue(bytes)
        if (position < end && bytes.byteLength > 0) return
        finish()
        if (position < end && length !== undefined) controller.error(new Error('the file has become shorter'))
        else controller.close()
      },
      cancel: finish,
    },
    { highWaterMark: 0 },
  )
}

async function readAt(descriptor: number, position: number, length: number): Promise<Uint8Array> {
  return await new Promise((resolve, reject) => {
    const buffer = new Uint8Array(length)
    read(descriptor, buffer, 0, length, position, (error, count) =>
      error === null ? resolve(buffer.subarray(0, count)) : reject(error),
    )
  })
}
