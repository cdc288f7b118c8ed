import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { controlRoutes } from './control/routes.ts'
import { receiveUpload } from './control/template-builds.ts'
import { findSigned } from './data-plane/find-signed.ts'
import { serveDataPlane } from './data-plane/serve.ts'
import { serveUpgrade } from './data-plane/serve-upgrade.ts'
import { envdPort, isService, namesSandbox, targetOf } from './data-plane/target.ts'
import { E2bError, toE2bError } from './e2b-error.ts'
import type { E2bGatewayOptions, Services } from './gateway-options.ts'
import { admitBrowser } from './http/browsers.ts'
import { readJson } from './http/read-json.ts'
import { sendError, sendJson } from './http/reply.ts'
import { createRouter } from '@caisson/compat-kit'
import { createRegistry } from './sandboxes/registry.ts'
import { createSampler } from './sandboxes/sampler.ts'
import { createTokens } from './sandboxes/tokens.ts'
import { serveVolumeContent } from './volumes/content.ts'
import { createWorkplaces } from './volumes/workplace.ts'

/** E2B's API over HTTP: hand it the requests of a server of yours. Dispose it after that server was closed; sandboxes live on. */
export interface E2bGateway extends AsyncDisposable {
  /** Answers a request. `prefix` is the path under which the gateway is mounted, if it is not the root. */
  readonly handle: (request: IncomingMessage, response: ServerResponse, prefix?: string) => void
  /** Whether a request names a port of a sandbox as its host, and so is for the gateway on whatever server it comes in. */
  readonly isForSandbox: (request: IncomingMessage) => boolean
  /** Notices sandboxes whose time is over and ends their leases. Call it now and then. */
  readonly tidy: () => Promise<void>
  /** For the server's `upgrade` event. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

const shortestSecret = 32

export function createE2bGateway({ host, secret, domain, builds }: E2bGatewayOptions): E2bGateway {
  if (secret.length < shortestSecret) throw new TypeError(`the secret has fewer than ${shortestSecret} characters`)
  const registry = createRegistry(host)
  const sampler = createSampler(registry.held)
  const volumeContent = createWorkplaces(host)
  const services: Services = { host, registry, sampler, tokens: createTokens(secret), volumeContent, domain, builds }
  const route = createRouter(controlRoutes(services))

  async function serveControlPlane(
    request: IncomingMessage,
    response: ServerResponse,
    { url, prefix }: { readonly url: URL; readonly prefix: string },
  ): Promise<void> {
    const match = route(request.method ?? '', url.pathname)
    const key = request.headers['x-api-key']
    const caller = typeof key === 'string' ? await host.authenticate(key) : undefined
    if (caller === undefined) throw new E2bError(401, 'the API key is missing or wrong')
    if (match === undefined) throw new E2bError(404, 'there is nothing here')
    const gone = new AbortController()
    response.once('close', () => {
      if (!response.writableFinished) gone.abort()
    })
    const reply = await match.handle({
      caller,
      parts: match.parts,
      query: url.searchParams,
      json: async () => await readJson(request),
      request,
      origin: `${url.origin}${prefix}`,
      signal: gone.signal,
    })
    sendJson(response, reply)
  }

  async function serve(request: IncomingMessage, response: ServerResponse, prefix: string): Promise<void> {
    const target = targetOf(request)
    // What programs in sandboxes say to browsers is theirs.
    if ((target === undefined || isService(target)) && admitBrowser(request, response)) return
    if (prefix !== '' && request.url?.startsWith(prefix) === true) request.url = request.url.slice(prefix.length) || '/'
    const url = urlOf(request)
    if (target !== undefined) return await serveDataPlane(services, target, { request, response, url })
    if (url.pathname === '/files' && url.searchParams.has('signature')) {
      const id = findSigned(services, request.method ?? '', url.searchParams)
      if (id === undefined) throw new E2bError(401, 'the signature is wrong')
      return await serveDataPlane(services, { id, port: envdPort }, { request, response, url })
    }
    if (url.pathname === '/health') return sendJson(response, { status: 204 })
    if (url.pathname.startsWith('/volumecontent/'))
      return await serveVolumeContent(services, { request, response, url })
    if (request.method === 'PUT' && url.pathname.endsWith('/content')) {
      await receiveUpload(services, request, url)
      return sendJson(response, { status: 200 })
    }
    await serveControlPlane(request, response, { url, prefix })
  }

  return {
    handle: (request, response, prefix = '') => {
      request.on('error', () => undefined)
      response.on('error', () => undefined)
      serve(request, response, prefix).catch((error: unknown) => {
        const known = toE2bError(error)
        if (known.status === 500) host.onError(error, `${request.method ?? ''} ${pathOf(request)}`)
        // What was not read of the request would be taken for the next one.
        if (!request.complete) response.shouldKeepAlive = false
        sendError(response, known)
      })
    },
    isForSandbox: (request) => namesSandbox(request),
    tidy: async () => await registry.tidy(),
    upgrade: (request, socket, head) => void serveUpgrade(services, request, { socket, head }),
    [Symbol.asyncDispose]: async () => {
      sampler[Symbol.dispose]()
      await volumeContent[Symbol.asyncDispose]()
      await registry.close()
    },
  }
}

/** The address of a request. The host is the caller's word. */
function urlOf(request: IncomingMessage): URL {
  const scheme = 'encrypted' in request.socket ? 'https' : 'http'
  const { host = 'localhost' } = request.headers
  try {
    return new URL(`${scheme}://${host}${request.url ?? '/'}`)
  } catch (cause) {
    throw new E2bError(400, 'the address of the request is not valid', { cause })
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?')[0] ?? '/'
}
