import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { createRouter } from '@caisson/compat-kit'
import { controlRoutes } from './control/routes.ts'
import { keepUp } from './control/upkeep.ts'
import { DaytonaError, type ErrorSource, toDaytonaError } from './daytona-error.ts'
import type { DaytonaGatewayOptions, Services } from './gateway-options.ts'
import { readJson } from './http/body.ts'
import { sendAnswer, sendError } from './http/send.ts'
import { baseOf, pathOf, urlOf } from './http/url.ts'
import { previewOfHost, previewOfPath } from './previews/target.ts'
import { servePreview } from './previews/serve.ts'
import { hostKeyOf } from './ssh/host-key.ts'
import { listenForSsh, type SshOptions } from './ssh/listen.ts'
import { createRegistry } from './sandboxes/registry.ts'
import { createContexts } from './storage/contexts.ts'
import { isStorage, serveStorage } from './storage/serve-s3.ts'
import { createTokens } from './sandboxes/tokens.ts'
import { bearerOf } from './toolbox/access.ts'
import { toolboxRoutes } from './toolbox/routes.ts'
import { serveToolbox, toolboxTarget } from './toolbox/serve.ts'
import { createUpgrader } from './upgrade.ts'

/** Daytona's API over HTTP: hand it the requests of a server of yours. Dispose it after that server was closed; sandboxes live on. */
export interface DaytonaGateway extends AsyncDisposable {
  /** Answers a request. `prefix` is the path under which the gateway is mounted, if it is not the root. */
  readonly handle: (request: IncomingMessage, response: ServerResponse, prefix?: string) => void
  /** Whether a request names a port of a sandbox as its host, and so is for the gateway on whatever server it comes in. */
  readonly isForSandbox: (request: IncomingMessage) => boolean
  /** For the server's `upgrade` event. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, prefix?: string) => void
  /** Serves SSH to whoever has a token of an access; `name` is the host name that clients are told. Resolves with its port. */
  readonly listenForSsh: (
    options: Pick<SshOptions, 'host' | 'port'> & { readonly name: string },
  ) => Promise<AsyncDisposable & { readonly port: number }>
  /** Stops, archives and deletes what is due, and keeps alive what is in use. Call it every few seconds. */
  readonly tidy: () => Promise<void>
}

const shortestSecret = 32

export function createDaytonaGateway(options: DaytonaGatewayOptions): DaytonaGateway {
  const { host, secret, domain, publicUrl, builds } = options
  let ssh: ReturnType<Services['ssh']>
  if (secret.length < shortestSecret) throw new TypeError(`the secret has fewer than ${shortestSecret} characters`)
  const registry = createRegistry(host)
  const services: Services = {
    host,
    registry,
    domain,
    publicUrl,
    builds,
    tokens: createTokens(secret),
    contexts: createContexts(host),
    ssh: () => ssh,
  }
  const controlRoute = createRouter(controlRoutes(services))
  const toolboxRoute = createRouter(toolboxRoutes(services))
  const upgrader = createUpgrader(services)

  async function serveControl(
    request: IncomingMessage,
    response: ServerResponse,
    { url, base, signal }: { readonly url: URL; readonly base: string; readonly signal: AbortSignal },
  ): Promise<void> {
    const key = bearerOf(request)
    const caller = key === undefined ? undefined : await host.authenticate(key)
    if (caller === undefined) throw new DaytonaError(401, 'the API key is missing or wrong')
    const { 'x-daytona-organization-id': organization } = request.headers
    if (organization !== undefined && organization !== caller.organization)
      throw new DaytonaError(403, 'the API key belongs to another organization')
    const match = controlRoute(request.method ?? '', url.pathname)
    if (match === undefined) throw new DaytonaError(404, 'there is nothing here, or it is not offered')
    const reply = await match.handle({
      caller,
      request,
      response,
      base,
      signal,
      parts: match.parts,
      query: url.searchParams,
      json: async () => await readJson(request),
    })
    if (reply !== 'sent') sendAnswer(response, reply)
  }

  async function serve(request: IncomingMessage, response: ServerResponse, prefix: string): Promise<void> {
    const preview = previewOfHost(request) ?? previewOfPath(withoutPrefix(request, prefix))
    if (preview !== undefined) {
      const isOfPath = 'target' in preview
      return await servePreview(services, isOfPath ? preview.target : preview, {
        request,
        response,
        path: isOfPath ? preview.path : (request.url ?? '/'),
      })
    }
    const base = baseOf(services, request, prefix)
    request.url = withoutPrefix(request, prefix)
    const url = urlOf(request)
    const gone = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) gone.abort()
    })
    if (isStorage(url.pathname)) return await serveStorage(services, { request, response, url })
    const target = toolboxTarget(url.pathname)
    const call = { url, base, signal: gone.signal }
    if (target === undefined) return await serveControl(request, response, call)
    await serveToolbox(services, toolboxRoute, { ...call, target, request, response })
  }

  return {
    handle: (request, response, prefix = '') => {
      request.on('error', () => undefined)
      response.on('error', () => undefined)
      serve(request, response, prefix).catch((error: unknown) => {
        const known = toDaytonaError(error)
        const where = { method: request.method ?? '', path: pathOf(request), source: sourceOf(request) }
        // What breaks because the caller has gone is no failure.
        const hasGone = response.destroyed && !response.writableFinished
        if (known.status === 500 && !hasGone) host.onError(error, `${where.method} ${where.path}`)
        // What was not read of the request would be taken for the next one.
        if (!request.complete) response.shouldKeepAlive = false
        sendError(response, known, where)
      })
    },
    isForSandbox: (request) => previewOfHost(request) !== undefined,
    upgrade: (request, socket, head, prefix = '') => {
      if (previewOfHost(request) === undefined) request.url = withoutPrefix(request, prefix)
      void upgrader.upgrade(request, socket, head)
    },
    listenForSsh: async ({ name, ...where }) => {
      const listening = await listenForSsh(services, { ...where, hostKey: hostKeyOf(secret) })
      ssh = { host: name, port: listening.port }
      return listening
    },
    tidy: async () => await keepUp(services),
    [Symbol.asyncDispose]: async () => {
      await upgrader.close()
      await registry.close()
    },
  }
}

function withoutPrefix({ url = '/' }: IncomingMessage, prefix: string): string {
  return prefix !== '' && url.startsWith(prefix) ? url.slice(prefix.length) || '/' : url
}

function sourceOf(request: IncomingMessage): ErrorSource {
  if (previewOfHost(request) !== undefined || pathOf(request).startsWith('/preview/')) return 'DAYTONA_PROXY'
  return pathOf(request).startsWith('/toolbox/') ? 'DAYTONA_DAEMON' : 'DAYTONA_API'
}
