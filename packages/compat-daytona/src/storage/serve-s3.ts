import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { freshId, hourMs, type OrganizationId, organizationIdSchema } from '@caisson/core'
import type { StorageAccessDto } from '@daytona/api-client'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { type Handle, ok } from '../http/call.ts'
import { readAwsChunked } from './aws-chunked.ts'

const bucket = 'build-contexts'
const root = '/object-storage/s3'
const region = 'local'
const accessMs = hourMs
/** As S3 has it. */
const mostParts = 10_000

/** `GET /object-storage/push-access`: where the files are put that a Dockerfile copies, for an hour. */
export function pushAccess({ tokens, builds }: Services): Handle<StorageAccessDto> {
  return async ({ caller: { organization }, base }) => {
    if (builds === undefined)
      throw new DaytonaError(422, 'images are not built for clients here: CAISSON_DAYTONA_BUILDS is not set')
    const expiresAtMs = Date.now() + accessMs
    const sessionToken = `${expiresAtMs}.${organization}.${tokens.storage(organization, expiresAtMs)}`
    // Requests are known by their session token; what they are signed with says nothing more.
    const key = { accessKey: organization, secret: 'unused' }
    return ok({ ...key, sessionToken, storageUrl: `${base}${root}`, organizationId: organization, bucket, region })
  }
}

export function isStorage(pathname: string): boolean {
  return pathname.startsWith(`${root}/`)
}

/** The few calls of S3 by which clients put their archives. Whoever has the token of an access may, in the folder of its organization. */
export async function serveStorage(
  services: Services,
  {
    request,
    response,
    url,
  }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly url: URL },
): Promise<void> {
  const organization = organizationOf(services, request)
  const { contexts } = services
  const { searchParams: query } = url
  const key = decodeURIComponent(url.pathname.slice(`${root}/${bucket}/`.length - 1)).replace(/^\/+/, '')
  if (!`${url.pathname}/`.startsWith(`${root}/${bucket}/`)) return sendXml(response, 404, errorXml('NoSuchBucket'))
  if (request.method === 'GET' && key === '') {
    const hash = hashOf(query.get('prefix') ?? '', organization)
    const isThere = hash !== undefined && (await contexts.has(organization, hash))
    return sendXml(response, 200, listXml(query.get('prefix') ?? '', isThere))
  }
  const hash = hashOf(key, organization)
  if (hash === undefined) return sendXml(response, 403, errorXml('AccessDenied'))
  const upload = query.get('uploadId') ?? undefined
  if (upload !== undefined && !/^[a-z0-9]{1,64}$/.test(upload)) return sendXml(response, 404, errorXml('NoSuchUpload'))
  const place = { organization, hash, upload }
  switch (request.method ?? '') {
    case 'PUT': {
      const part = Number(query.get('partNumber') ?? 0)
      if (!Number.isInteger(part) || part < 0 || part > mostParts)
        return sendXml(response, 400, errorXml('InvalidPart'))
      await contexts.put({ ...place, part }, bodyOf(request))
      response.writeHead(200, { etag: `"${part}"`, 'content-length': 0 })
      response.end()
      return
    }
    case 'POST': {
      if (query.has('uploads'))
        return sendXml(response, 200, elements('InitiateMultipartUploadResult', { UploadId: freshId('u') }, { key }))
      const parts = partsOf(await textOf(request))
      if (upload === undefined || parts.length === 0) return sendXml(response, 400, errorXml('MalformedXML'))
      await contexts.join(place, parts)
      return sendXml(response, 200, elements('CompleteMultipartUploadResult', { ETag: '"0"' }, { key }))
    }
    case 'DELETE':
      response.writeHead(204)
      response.end()
      return
    default:
      return sendXml(response, 405, errorXml('MethodNotAllowed'))
  }
}

function organizationOf({ tokens }: Services, { headers }: IncomingMessage): OrganizationId {
  const { 'x-amz-security-token': given } = headers
  const [, expires = '', name = '', token = ''] =
    /^(\d{1,16})\.(.{1,128})\.([0-9a-f]{64})$/.exec(typeof given === 'string' ? given : '') ?? []
  const parsed = organizationIdSchema.safeParse(name)
  const isGood = parsed.success && tokens.isStorage(token, parsed.data, Number(expires))
  if (!isGood || Number(expires) < Date.now())
    throw new DaytonaError(401, 'the access to the storage is over, or is none of ours: ask for another one')
  return parsed.data
}

/** `<organization>/<hash>/context.tar`, or the folder of it. */
function hashOf(key: string, organization: string): string | undefined {
  const [owner, hash = '', ...file] = key.split('/')
  const isFile = file.length === 0 || (file.length === 1 && ['', 'context.tar'].includes(file[0] ?? ''))
  return owner === organization && /^[0-9a-f]{32}$/.test(hash) && isFile ? hash : undefined
}

function bodyOf(request: IncomingMessage): ReadableStream<Uint8Array> {
  const { 'content-encoding': encoding = '', 'x-amz-content-sha256': hash = '' } = request.headers
  const isChunked = encoding.includes('aws-chunked') || String(hash).startsWith('STREAMING-')
  return isChunked
    ? ReadableStream.from(readAwsChunked(request))
    : (Readable.toWeb(request) as ReadableStream<Uint8Array>)
}

const longestText = 4 * 1024 * 1024

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) {
    text += String(part)
    if (text.length > longestText) throw new DaytonaError(413, 'the request is too large')
  }
  return text
}

function partsOf(text: string): readonly number[] {
  return Array.from(text.matchAll(/<PartNumber>\s*(\d{1,5})\s*<\/PartNumber>/g), ([, number]) => Number(number))
}

function listXml(prefix: string, isThere: boolean): string {
  const content = isThere ? `<Contents><Key>${escaped(prefix)}context.tar</Key><Size>1</Size></Contents>` : ''
  return `<ListBucketResult><Name>${bucket}</Name><Prefix>${escaped(prefix)}</Prefix><KeyCount>${isThere ? 1 : 0}</KeyCount><IsTruncated>false</IsTruncated>${content}</ListBucketResult>`
}

function elements(name: string, more: Readonly<Record<string, string>>, { key }: { readonly key: string }): string {
  const inner = Object.entries({ Bucket: bucket, Key: key, ...more }).map(
    ([element, text]) => `<${element}>${escaped(text)}</${element}>`,
  )
  return `<${name}>${inner.join('')}</${name}>`
}

function errorXml(code: string): string {
  return `<Error><Code>${code}</Code><Message>${code}</Message></Error>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function sendXml(response: ServerResponse, status: number, body: string): void {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n${body}`
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
