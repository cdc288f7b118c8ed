import { Agent, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import { type Duplex, pipeline } from 'node:stream'
import { endToEndHeaders, type GatewayCaller, toDuplex } from '@caisson/compat-kit'
import { isSandboxError } from '@caisson/core'
import { previewRecordSchema } from '../control/previews.ts'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { urlOf } from '../http/url.ts'
import { noteActivity } from '../sandboxes/activity.ts'
import type { Entry } from '../sandboxes/entry.ts'
import type { SandboxRecord } from '../sandboxes/record.ts'
import { bearerOf, hasPreviewToken, tokenParameter } from '../toolbox/access.ts'
import { requestHeaders } from './headers.ts'
import type { PreviewTarget } from './target.ts'

/** Largest head of an answer that is taken from a sandbox. */
const longestHeadBytes = 64 * 1024

/** Passes a request on to a program that listens in a sandbox. */
export async function servePreview(
  services: Services,
  target: PreviewTarget,
  {
    request,
    response,
    path,
  }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly path: string },
): Promise<void> {
  const { entry, connection, hasOurKey } = await connectPreview(services, target, request)
  // One connection for one request: what a program does with the next on the same connection is its own affair.
  const agent = new Agent({ keepAlive: false })
  agent.createConnection = () => connection
  const cut = (): void => void request.socket.destroy()
  entry.clients.add(cut)
  const upstream = httpRequest({
    agent,
    method: request.method,
    path: withoutToken(path),
    headers: [...requestHeaders(request, hasOurKey)],
    setHost: false,
    maxHeaderSize: longestHeadBytes,
  })
  response.once('close', () => {
    entry.clients.delete(cut)
    upstream.destroy()
    connection.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    upstream.once('response', (answer) => {
      if (!request.complete) response.shouldKeepAlive = false
      response.writeHead(answer.statusCode ?? 502, endToEndHeaders(answer.rawHeaders))
      response.flushHeaders()
      pipeline(answer, response, (error) => {
        if (error !== undefined && error !== null) request.socket.destroy()
        resolve()
      })
    })
    upstream.once('error', (cause) => {
      if (response.headersSent) request.socket.destroy()
      reject(new DaytonaError(502, 'the program in the sandbox gave no answer', { cause }))
    })
    request.once('error', () => upstream.destroy())
    request.pipe(upstream)
  })
}

/** A connection to the port, for somebody who may. */
export async function connectPreview(
  services: Services,
  target: PreviewTarget,
  request: IncomingMessage,
): Promise<{ readonly entry: Entry; readonly connection: Duplex; readonly hasOurKey: boolean }> {
  const key = bearerOf(request)
  const caller = key === undefined ? undefined : await services.host.authenticate(key)
  const record = await recordForPreview(services, target, { request, caller })
  if (record.state !== 'started') throw new DaytonaError(502, `sandbox ${record.id} is ${record.state}`)
  const entry = await services.registry.open(record)
  await noteActivity(services.host, record, entry)
  const { ports, adapter } = entry.sandbox
  if (ports === undefined) throw new DaytonaError(400, `sandboxes of ${adapter} have no ports`)
  try {
    const connection = toDuplex(await ports.connect(target.port))
    return { entry, connection, hasOurKey: caller !== undefined }
  } catch (error) {
    if (!isSandboxError(error) || error.code !== 'unavailable') throw error
    throw new DaytonaError(502, `nothing listens on port ${target.port} of the sandbox`, { cause: error })
  }
}

/** With a signed address, with the sandbox's token or the organization's key; or by anybody, if the sandbox is public. */
async function recordForPreview(
  services: Services,
  { name, port }: PreviewTarget,
  { request, caller }: { readonly request: IncomingMessage; readonly caller: GatewayCaller | undefined },
): Promise<SandboxRecord> {
  const { registry, host } = services
  if (name.startsWith('p-')) {
    const found = await host.records.get('preview', name)
    const signed = found === undefined ? undefined : previewRecordSchema.parse(found.value)
    const isGood = signed !== undefined && signed.port === port && signed.expiresAtMs > Date.now()
    const record = isGood ? await registry.findAny(signed.sandbox) : undefined
    if (record !== undefined) return record
    throw new DaytonaError(401, 'the address is wrong or has expired')
  }
  const record = await registry.findAny(name)
  if (record !== undefined && (record.public || hasPreviewToken(services, name, request, urlOf(request)))) return record
  if (caller === undefined) throw new DaytonaError(401, 'the preview token is missing or wrong')
  return await registry.find(name, caller)
}

/** A token in the address is for us alone. */
function withoutToken(path: string): string {
  const [pathname = '/', query] = path.split(/\?(.*)/s)
  if (query === undefined) return path
  const kept = query.split('&').filter((part) => !part.startsWith(`${tokenParameter}=`))
  return kept.length === 0 ? pathname : `${pathname}?${kept.join('&')}`
}
