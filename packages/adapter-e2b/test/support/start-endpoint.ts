import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalAdapter } from '@caisson/adapter-local'
import { createE2bGateway, type E2bHost } from '@caisson/compat-e2b'
import { OperationError, organizationIdSchema, type Resources, sandboxIdSchema } from '@caisson/core'
import { createMemoryRecords } from './memory-records.ts'

/** An endpoint that speaks E2B's protocol, over sandboxes of this machine. */
export interface Endpoint extends AsyncDisposable {
  readonly url: string
  readonly apiKey: string
  /** Failures that no caller heard of. */
  readonly failures: readonly unknown[]
  /** Breaks all connections that there are. */
  readonly cut: () => void
}

export interface EndpointOptions {
  /** What sandboxes get that do not say. */
  readonly resources?: Partial<Resources> | undefined
  /** Sandboxes at one time. */
  readonly quota?: number | undefined
}

const organization = organizationIdSchema.parse('acme')

export async function startEndpoint({ resources, quota = 100 }: EndpointOptions = {}): Promise<Endpoint> {
  await using started = new AsyncDisposableStack()
  const stateDirectory = await mkdtemp(join(tmpdir(), 'caisson-e2b-'))
  started.defer(async () => await rm(stateDirectory, { recursive: true, force: true }))
  const adapter = started.use(createLocalAdapter({ stateDirectory }))
  const apiKey = `e2b_${'a'.repeat(40)}`
  const failures: unknown[] = []
  const leases = new Set<string>()
  const blobs = new Map<string, Blob>()
  const { name, volumes } = adapter
  const { features, limits, maxTtlMs } = adapter.capabilities
  const host: E2bHost = {
    authenticate: async (key) => await Promise.resolve(key === apiKey ? { organization, name: 'test' } : undefined),
    adapters: [{ name, features, limits, templates: ['base', 'code-interpreter-v1'], maxTtlMs, volumes }],
    open: async ({ template, ...spec }, _caller, call) => {
      if (leases.size >= quota) throw new OperationError('quota-exceeded', 'too many sandboxes')
      const sandbox = await adapter.create(
        {
          ...spec,
          ...(template === undefined || template === 'base' || template === 'code-interpreter-v1' ? {} : { template }),
          resources: { ...resources, ...spec.resources },
          labels: { organization },
        },
        call,
      )
      leases.add(sandbox.id)
      return sandbox
    },
    adopt: async (sandbox) => {
      leases.add(sandbox.id)
      return await Promise.resolve(sandbox)
    },
    connect: async ({ sandbox }, call) => await adapter.connect(sandboxIdSchema.parse(sandbox), call),
    close: async ({ sandbox }) => {
      leases.delete(sandbox)
      return await adapter.destroy(sandboxIdSchema.parse(sandbox))
    },
    records: createMemoryRecords(),
    blobs: {
      put: async (_, id, data) => void blobs.set(id, await new Response(data).blob()),
      get: async (_, id) => await Promise.resolve(blobs.get(id)?.stream()),
      remove: async (_, id) => await Promise.resolve(void blobs.delete(id)),
    },
    onError: (error) => failures.push(error),
  }
  const gateway = started.use(createE2bGateway({ host, secret: 's'.repeat(32) }))
  const server = createServer()
  server.requestTimeout = 0
  server.on('request', (request, response) => gateway.handle(request, response))
  server.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head))
  started.defer(async () => {
    for (const id of leases) await adapter.destroy(sandboxIdSchema.parse(id))
  })
  started.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const running = started.move()
  return {
    url: `http://127.0.0.1:${port}`,
    apiKey,
    failures,
    cut: () => server.closeAllConnections(),
    [Symbol.asyncDispose]: async () => await running.disposeAsync(),
  }
}
