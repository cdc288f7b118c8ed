import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FilesDownloadRequest } from '@daytona/toolbox-api-client'
import { z } from 'zod'
import { errorBody, toDaytonaError } from '../../daytona-error.ts'
import { bodyOf, parse } from '../../http/body.ts'
import type { ToolboxCall, ToolboxHandle } from '../call.ts'
import { pathOf } from './manage.ts'

const downloadBody = bodyOf<FilesDownloadRequest>()({ paths: z.array(z.string().min(1)).min(1).max(10_000) })

const boundary = 'DAYTONA-FILE-BOUNDARY'

/** `POST /files/bulk-download`: a form with a part per file, and for one that cannot be read a part that says why. */
export const downloadFiles: ToolboxHandle = async (call) => {
  const { paths } = parse(downloadBody, await call.json())
  const { response } = call
  response.writeHead(200, { 'content-type': `multipart/form-data; boundary=${boundary}` })
  for (const path of paths) await sendPart(call, path)
  response.end(`--${boundary}--\r\n`)
  return 'sent'
}

async function sendPart(call: ToolboxCall, path: string): Promise<void> {
  const { response } = call
  let opened: Awaited<ReturnType<typeof open>>
  try {
    opened = await open(call, path)
  } catch (error) {
    const where = { method: 'POST', path: '/files/bulk-download', source: 'DAYTONA_DAEMON' } as const
    const body = JSON.stringify(errorBody(toDaytonaError(error), where))
    await write(response, `${headOf('error', path, 'application/json', Buffer.byteLength(body))}${body}\r\n`)
    return
  }
  await write(response, headOf('file', path, 'application/octet-stream', opened.sizeBytes))
  await pipeline(Readable.fromWeb(opened.data), response, { end: false })
  await write(response, '\r\n')
}

/** `GET /files/download`: one file as it is. */
export const downloadFile: ToolboxHandle = async (call) => {
  const path = pathOf(call)
  const { data } = await open(call, path)
  call.response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; ${filename(path.split('/').at(-1) ?? 'file')}`,
    // Whatever lies in a sandbox is nobody's page.
    'content-security-policy': 'sandbox',
    'x-content-type-options': 'nosniff',
  })
  await pipeline(Readable.fromWeb(data), call.response)
  return 'sent'
}

/** The size of a link is not that of what it leads to, and stays untold. */
async function open(
  { entry, signal }: ToolboxCall,
  path: string,
): Promise<{ readonly sizeBytes: number | undefined; readonly data: ReadableStream<Uint8Array> }> {
  const { files } = entry.sandbox
  const { type, sizeBytes } = await files.stat(path, { signal })
  return { sizeBytes: type === 'file' ? sizeBytes : undefined, data: await files.read(path, { signal }) }
}

function headOf(name: 'file' | 'error', path: string, type: string, sizeBytes: number | undefined): string {
  const length = sizeBytes === undefined ? '' : `Content-Length: ${sizeBytes}\r\n`
  return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; ${filename(path)}\r\nContent-Type: ${type}\r\n${length}\r\n`
}

/** Quoted where that is enough; parsers of forms take other bytes for Latin-1 unless they are told. */
function filename(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return `filename="${name.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`
  return `filename*=UTF-8''${encodeURIComponent(name)}`
}

async function write(response: ServerResponse, text: string): Promise<void> {
  if (!response.write(text)) await once(response, 'drain')
}
