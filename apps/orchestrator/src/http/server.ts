import { type ApiContext, type ApiRouter, apiRouter, type ApiServices, publicCode } from '@caisson/api'
import { isOperationError, isSandboxError } from '@caisson/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { fastifyTRPCPlugin, type FastifyTRPCPluginOptions } from '@trpc/server/adapters/fastify'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyRequest } from 'fastify'
import type { KeyStore } from '../keys/key-store.ts'
import { authenticate } from './authenticate.ts'
import { hostCheck } from './host-check.ts'
import { createMountedServer } from './mounted-server.ts'
import type { Metrics } from './metrics.ts'
import { sendError } from './send-error.ts'

export interface ServerParts {
  readonly services: ApiServices
  readonly keys: KeyStore
  readonly metrics: Metrics
  /** Whether a request could be served now. */
  readonly isReady: () => Promise<boolean>
  readonly logger: FastifyBaseLogger
  readonly host: string
  readonly allowedHosts: readonly string[]
  readonly bodyLimitBytes: number
  /** Answers what is below its path, and what names a sandbox as its host, instead of the routes here. */
  readonly mounts: readonly Mount[]
  /** Adds routes of others. */
  readonly routes: (server: FastifyInstance) => void
  /** Aborts when the service ends, and with it streams that would otherwise never. */
  readonly ending: AbortSignal
}

/** A protocol with an HTTP side of its own. */
export interface Mount {
  /** `/e2b` */
  readonly prefix: string
  readonly isForSandbox: (request: IncomingMessage) => boolean
  readonly handle: (request: IncomingMessage, response: ServerResponse, prefix?: string) => void
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer, prefix?: string) => void
}

/** The service's HTTP side. No CORS headers are ever sent, so that no page of another origin can read an answer. */
export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const { services, keys, metrics, logger } = parts
  const isOurs = hostCheck(parts.host, parts.allowedHosts)
  const server: FastifyInstance = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: parts.bodyLimitBytes,
    forceCloseConnections: true,
    serverFactory: (handler) => createMountedServer(handler, { mounts: parts.mounts, isOurs }),
    return503OnClosing: true,
    routerOptions: { maxParamLength: 5000 },
  })

  server.addHook('onRequest', async (request, reply) => {
    if (isOurs(request.headers.host)) return
    await sendError(reply, 421, {
      message: 'this service is not known by the name that the request used',
      remedy: 'use the address that it listens on, or add the name to CAISSON_ALLOWED_HOSTS',
    })
  })
  server.setNotFoundHandler(async (_request, reply) => {
    await sendError(reply, 404, { message: 'there is nothing here', remedy: 'the API is below /trpc' })
  })
  server.setErrorHandler<Error & { statusCode?: number }>(async (error, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) request.log.error({ err: error }, 'a request failed')
    await sendError(reply, status, {
      message: status < 500 ? error.message : 'the service failed',
      remedy: status < 500 ? undefined : `look for request ${request.id} in the log of the service`,
    })
  })

  server.get('/healthz', async () => ({ status: 'alive' }))
  server.get('/readyz', async (_request, reply) => {
    const ready = await parts.isReady()
    return await reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready' })
  })
  server.get('/metrics', async (request, reply) => {
    const caller = await authenticate(request.headers, keys)
    if (caller === undefined || caller.role === 'agent') {
      return await sendError(reply, caller === undefined ? 401 : 403, {
        message: 'metrics need a key with the role operator or admin',
        remedy: 'send it in the header "Authorization: Bearer <key>"',
      })
    }
    const { contentType, text } = await metrics.render()
    return await reply.type(contentType).send(text)
  })

  parts.routes(server)

  const contextOf = async (request: FastifyRequest): Promise<ApiContext> => ({
    ...services,
    runs: { ...services.runs, events: untilEnding(services.runs.events, parts.ending) },
    caller: await authenticate(request.headers, keys),
    requestId: request.id,
    traceparent: header(request, 'traceparent'),
  })
  await server.register(fastifyTRPCPlugin, {
    prefix: '/trpc',
    trpcOptions: {
      router: apiRouter,
      responseMeta: ({ errors }) => ({ headers: retryAfter(errors) }),
      allowMethodOverride: true,
      createContext: async ({ req }) => await contextOf(req),
      onError: ({ error, path, req }) => {
        const code = publicCode(error)
        const facts = { code, path, err: error.cause ?? error }
        if (code === 'INTERNAL_SERVER_ERROR') req.log.error(facts, 'a procedure failed')
        else req.log.debug(facts, 'a procedure refused')
      },
    } satisfies FastifyTRPCPluginOptions<ApiRouter>['trpcOptions'],
  })
  return server
}

/** When it is worth asking again, for clients that know HTTP and not us. */
function retryAfter(errors: readonly { readonly cause?: unknown }[]): Record<string, string> {
  const waits = errors.flatMap(({ cause }) =>
    (isOperationError(cause) || isSandboxError(cause)) && cause.retryAfterMs !== undefined ? [cause.retryAfterMs] : [],
  )
  return waits.length === 0 ? {} : { 'retry-after': String(Math.ceil(Math.max(...waits) / 1000)) }
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

/** Breaks streams when the service ends, without the mark of an end: a client then looks for the rest elsewhere. */
function untilEnding(events: ApiServices['runs']['events'], ending: AbortSignal): ApiServices['runs']['events'] {
  return async function* (id, scope, { after, signal }) {
    yield* events(id, scope, { after, signal: signal === undefined ? ending : AbortSignal.any([signal, ending]) })
    ending.throwIfAborted()
  }
}
