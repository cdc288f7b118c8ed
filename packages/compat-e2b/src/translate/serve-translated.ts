import type { IncomingMessage, ServerResponse } from 'node:http'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import { sendJson } from '../http/reply.ts'
import type { Entry } from '../sandboxes/entry.ts'
import { assertAccess } from '../data-plane/access.ts'
import { userOf } from '../data-plane/user-of.ts'
import { readEnv } from '../control/source.ts'
import type { Exchange } from './exchange.ts'
import { answerFiles } from './files.ts'
import { filesystemMethods } from './filesystem.ts'
import { processMethods } from './processes.ts'

/** Answers requests for E2B's data plane by core's own calls, for sandboxes whose adapter has no daemon of ours in them. */
export async function serveTranslated(
  { tokens, sampler }: Services,
  {
    request,
    response,
    url,
    entry,
  }: {
    readonly request: IncomingMessage
    readonly response: ServerResponse
    readonly url: URL
    readonly entry: Entry
  },
): Promise<void> {
  const { pathname, searchParams: query } = url
  if (pathname === '/health') return sendJson(response, { status: 204 })
  assertAccess(request, url, tokens.envd(entry.record.id))
  const gone = new AbortController()
  const cut = (): void => {
    gone.abort()
    response.destroy()
  }
  entry.clients.add(cut)
  response.once('close', () => {
    entry.clients.delete(cut)
    if (!response.writableFinished) gone.abort()
  })
  const user = userOf(request, pathname === '/files' ? query.get('username') : null)
  const exchange: Exchange = { entry, request, response, user, signal: gone.signal }
  const [, service, method = ''] = /^\/(process\.Process|filesystem\.Filesystem)\/([A-Za-z]+)$/.exec(pathname) ?? []
  if (service !== undefined) {
    const methods = service === 'process.Process' ? processMethods : filesystemMethods
    const call = Object.hasOwn(methods, method) ? methods[method] : undefined
    if (call === undefined) throw new E2bError(501, `there is no procedure ${method} here`)
    return await call(exchange)
  }
  if (pathname === '/files') return await answerFiles(exchange, query)
  if (pathname === '/envs') return sendJson(response, { status: 200, body: readEnv(entry.record.env, tokens) })
  if (pathname !== '/metrics') throw new E2bError(404, 'there is nothing here')
  const sample = (await sampler.samples(entry)).at(-1)
  if (sample === undefined) throw new E2bError(501, `sandboxes of ${entry.record.adapter} do not tell what they use`)
  sendJson(response, {
    status: 200,
    body: {
      ts: sample.timestampUnix,
      cpu_count: sample.cpuCount,
      cpu_used_pct: sample.cpuUsedPct,
      mem_total: sample.memTotal,
      mem_used: sample.memUsed,
      mem_cache: sample.memCache,
      disk_used: sample.diskUsed,
      disk_total: sample.diskTotal,
    },
  })
}
