import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type FileInfo, type Files, isSandboxError, runProcess } from '@caisson/core'
import { z } from 'zod'
import { volumeRecordSchema } from '../control/volume-record.ts'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import { parse, readJson } from '../http/read-json.ts'
import { sendJson } from '../http/reply.ts'
import { sameSecret } from '@caisson/compat-kit'
import { inWorkplace, mountPath, type Workplace } from './workplace.ts'

const number = z.coerce.number().int().min(0).max(0xffff_ffff).optional()
const modeSchema = z.coerce.number().int().min(0).max(0o777).optional()
const metadataBody = z.object({ uid: number, gid: number, mode: modeSchema })

interface Content {
  readonly place: Workplace
  readonly query: URLSearchParams
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** `/volumecontent/{id}/{dir,path,file}`: files of a volume, for who has its token. */
export async function serveVolumeContent(
  services: Services,
  {
    request,
    response,
    url,
  }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly url: URL },
): Promise<void> {
  const [, id = '', what = ''] = /^\/volumecontent\/([a-z0-9]{1,64})\/(dir|path|file)$/.exec(url.pathname) ?? []
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (!sameSecret(token, services.tokens.volume(id)))
    throw new E2bError(401, 'the token of the volume is missing or wrong')
  const found = await services.host.records.get('volume', id)
  if (found === undefined) throw new E2bError(404, `volume '${id}' not found`)
  const serve = methods[`${request.method ?? ''} ${what}`]
  if (serve === undefined) throw new E2bError(405, 'there is no such method')
  const volume = volumeRecordSchema.parse(found.value)
  const place = await services.volumeContent.of(volume)
  if (volume.adapter === undefined)
    await services.host.records.put('volume', volume.organization, id, { ...volume, adapter: place.sandbox.adapter })
  await serve({ place, query: url.searchParams, request, response })
}

const methods: Readonly<Record<string, (content: Content) => Promise<void>>> = {
  'GET dir': async ({ place, query, response }) => {
    const depth = parse(z.coerce.number().int().min(1).max(64).default(1), query.get('depth') ?? undefined)
    const entries = await place.sandbox.files.list(inWorkplace(query.get('path')), { depth })
    sendJson(response, { status: 200, body: entries.map((entry) => statOf(entry, place)) })
  },
  'POST dir': async ({ place, query, response }) => {
    const { files } = place.sandbox
    const path = inWorkplace(query.get('path'))
    if (query.get('force') !== 'true') await assertNew(files, path)
    await files.makeDirectory(path)
    sendJson(response, { status: 201, body: statOf(await applyMetadata(place, path, ofQuery(query)), place) })
  },
  'GET path': async ({ place, query, response }) => {
    const info = await place.sandbox.files.stat(inWorkplace(query.get('path')))
    sendJson(response, { status: 200, body: statOf(info, place) })
  },
  'PATCH path': async ({ place, query, request, response }) => {
    const path = inWorkplace(query.get('path'))
    const wanted = parse(metadataBody, {
      ...ofQuery(query),
      ...z
        .object({})
        .loose()
        .parse(await readJson(request)),
    })
    await place.sandbox.files.stat(path)
    sendJson(response, { status: 200, body: statOf(await applyMetadata(place, path, wanted), place) })
  },
  'DELETE path': async ({ place, query, response }) => {
    const removed = await place.sandbox.files.remove(inWorkplace(query.get('path')))
    if (removed === 'absent') throw new E2bError(404, 'there is no such path')
    sendJson(response, { status: 204 })
  },
  'GET file': async ({ place, query, response }) => {
    const data = await place.sandbox.files.read(inWorkplace(query.get('path')))
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    response.flushHeaders()
    await pipeline(Readable.fromWeb(data), response).catch(() => response.destroy())
  },
  'PUT file': async ({ place, query, request, response }) => {
    const { files } = place.sandbox
    const path = inWorkplace(query.get('path'))
    if (query.get('force') !== 'true') await assertNew(files, path)
    const given = new AbortController()
    void once(request, 'aborted', { signal: given.signal }).then(
      () => given.abort(),
      () => undefined,
    )
    const body: ReadableStream<Uint8Array> = ReadableStream.from(request as AsyncIterable<Uint8Array>)
    await files.write(path, body, { signal: given.signal })
    sendJson(response, { status: 201, body: statOf(await applyMetadata(place, path, ofQuery(query)), place) })
    given.abort()
  },
}

/** Without `force` nothing is replaced, and nothing is made around it. */
async function assertNew(files: Files, path: string): Promise<void> {
  await files.stat(path.slice(0, path.lastIndexOf('/')) || '/')
  const there = await files.stat(path).catch((error: unknown) => {
    if (isSandboxError(error) && error.code === 'path-not-found') return undefined
    throw error
  })
  if (there !== undefined) throw new E2bError(409, 'there is something of that name')
}

function ofQuery(query: URLSearchParams): z.output<typeof metadataBody> {
  const [uid, gid, mode] = ['uid', 'gid', 'mode'].map((name) => query.get(name) ?? undefined)
  return parse(metadataBody, { uid, gid, mode })
}

async function applyMetadata(
  { sandbox, uid, gid }: Workplace,
  path: string,
  wanted: z.output<typeof metadataBody>,
): Promise<FileInfo> {
  const isGiven = (wanted.uid ?? uid) !== uid || (wanted.gid ?? gid) !== gid
  const run = async (...argv: [string, ...string[]]): Promise<boolean> => {
    const { outcome } = await runProcess(sandbox, { argv, ...(isGiven ? { user: 'root' } : {}) })
    return outcome.kind === 'exited' && outcome.code === 0
  }
  if (isGiven && !(await run('chown', `${wanted.uid ?? uid}:${wanted.gid ?? gid}`, path).catch(() => false)))
    throw new E2bError(400, `files of a volume belong to ${uid}:${gid}; they cannot be given to others here`)
  if (wanted.mode !== undefined && !(await run('chmod', wanted.mode.toString(8), path)))
    throw new E2bError(500, 'the mode could not be changed')
  return await sandbox.files.stat(path)
}

function statOf(info: FileInfo, { uid, gid }: Workplace): object {
  const at = new Date(info.modifiedAtMs).toISOString()
  return {
    name: info.name,
    type: info.type === 'other' ? 'unknown' : info.type,
    path: info.path.slice(mountPath.length) || '/',
    size: info.sizeBytes,
    mode: info.mode,
    uid: idOf(info.owner, uid),
    gid: idOf(info.group, gid),
    atime: at,
    mtime: at,
    ctime: at,
    ...(info.target === undefined ? {} : { target: info.target }),
  }
}

function idOf(name: string, own: number): number {
  if (/^\d+$/.test(name)) return Number(name)
  return name === 'root' ? 0 : own
}
