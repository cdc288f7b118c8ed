import type { AddressInfo } from 'node:net'
import { type ApiServices, apiRouter } from '@caisson/api'
import {
  isFinal,
  OperationError,
  organizationIdSchema,
  type Run,
  type RunEvent,
  runIdSchema,
  type RunStatus,
} from '@caisson/core'
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify'
import Fastify from 'fastify'

/** A run that the test carries on by hand. */
export interface FakeRun {
  readonly append: (event: 'output' | RunStatus) => void
  readonly cancelled: () => boolean
}

export interface FakeService extends AsyncDisposable {
  readonly url: string
  readonly run: FakeRun
  /** Breaks every connection, as a network does. */
  readonly breakConnections: () => void
  readonly opened: () => number
  /** How often the run was asked for, and under which ids. */
  readonly submitted: () => number
  readonly ids: () => readonly string[]
  /** Stops listening, or listens again at the same port. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  /** Makes the next request fail. */
  readonly fail: (error: unknown) => void
}

const organization = organizationIdSchema.parse('acme')
const id = runIdSchema.parse('run1')

/** The API over a real server, with one run behind it. */
export async function startFakeService(): Promise<FakeService> {
  const events: RunEvent[] = []
  let status: RunStatus = 'queued'
  let wake = Promise.withResolvers<void>()
  let cancelled = false
  let submitted = 0
  const ids = new Set<string>()
  let failure: { readonly error: unknown } | undefined

  const append = (event: 'output' | RunStatus) => {
    const common = { sequence: events.length + 1, atMs: 1 }
    if (event === 'output') {
      const base64 = Buffer.from(`${common.sequence}\n`).toString('base64')
      events.push({ ...common, type: 'output', source: '', stream: 'stdout', offset: 0, base64 })
    } else {
      status = event
      events.push({ ...common, type: 'status', status: event })
    }
    wake.resolve()
    wake = Promise.withResolvers()
  }
  const current = (): Run => ({
    id,
    organization,
    kind: 'command.run',
    status,
    attempts: [],
    artifacts: [],
    usage: { leasedMs: 0, costUsd: 0 },
    createdAtMs: 1,
  })
  const runs: Partial<ApiServices['runs']> = {
    submit: async (_operation, _scope, { id: asked = '' }) => {
      submitted += 1
      ids.add(asked)
      return current()
    },
    wait: async (_id, _scope, signal) => {
      while (!isFinal(status)) {
        if (signal.aborted) throw new OperationError('cancelled', 'waited enough')
        await Promise.race([wake.promise, new Promise((resolve) => signal.addEventListener('abort', resolve))])
      }
      return current()
    },
    get: async (asked) => {
      const given = failure
      failure = undefined
      if (given !== undefined) throw given.error
      if (asked !== 'run1') throw new OperationError('run-not-found', `there is no run ${asked}`)
      return current()
    },
    cancel: async () => {
      cancelled = true
      append('cancelled')
      return current()
    },
    log: async (_id, _scope, { after, limit }) => events.slice(after, after + limit),
    events: async function* (asked, _scope, { after, signal }) {
      if (asked !== 'run1') throw new OperationError('run-not-found', `there is no run ${asked}`)
      const over = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
      for (let next = after; ;) {
        const come = wake.promise
        for (const event of events.slice(next)) {
          next = event.sequence
          yield event
        }
        if (isFinal(status)) return
        await Promise.race([come, over])
        if (signal?.aborted === true) return
      }
    },
  }

  let opened = 0
  const listen = async (port: number) => {
    const server = Fastify({ routerOptions: { maxParamLength: 5000 }, forceCloseConnections: true })
    server.server.on('connection', () => (opened += 1))
    await server.register(fastifyTRPCPlugin, {
      prefix: '/trpc',
      trpcOptions: {
        router: apiRouter,
        allowMethodOverride: true,
        createContext: () => ({
          // Only what the test touches is there.
          ...({ runs } as unknown as ApiServices),
          requestId: 'request',
          caller: { organization, role: 'admin' as const, keyName: 'test', keyPrefix: 'e2b_' },
        }),
      },
    })
    await server.listen({ host: '127.0.0.1', port })
    return await server
  }
  let server = await listen(0)
  const { port } = server.server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    run: { append, cancelled: () => cancelled },
    opened: () => opened,
    submitted: () => submitted,
    ids: () => [...ids],
    breakConnections: () => server.server.closeAllConnections(),
    stop: async () => await server.close(),
    start: async () => {
      server = await listen(port)
    },
    fail: (error) => {
      failure = { error }
    },
    [Symbol.asyncDispose]: async () => await server.close(),
  }
}
