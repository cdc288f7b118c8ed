import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import {
  OperationError,
  organizationIdSchema,
  type Resources,
  type SandboxAdapter,
  sandboxIdSchema,
} from '@caisson/core'
import { createE2bGateway, type E2bHost, type TemplateBuilds } from '../../src/index.ts'
import { createMemoryBlobs } from './memory-blobs.ts'
import { createMemoryRecords } from './memory-records.ts'

export interface TestGateway extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Options for E2B's SDK, with the key of the organization `acme`, or another one's. */
  readonly connection: (organization?: string) => {
    readonly apiKey: string
    readonly apiUrl: string
    readonly sandboxUrl: string
  }
  /** Failures that no caller heard of. */
  readonly failures: readonly unknown[]
}

export interface TestGatewayOptions {
  readonly adapter: SandboxAdapter
  readonly domain?: string | undefined
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
  readonly port?: number | undefined
  readonly builds?: TemplateBuilds | undefined
  /** What stands for every template. Default: the one that is asked for. */
  readonly template?: string | undefined
  /** What sandboxes get that do not say. */
  readonly resources?: Partial<Resources> | undefined
  /** Sandboxes of one organization at one time. */
  readonly quota?: number | undefined
}

const keys: Readonly<Record<string, string>> = { acme: `e2b_${'a'.repeat(40)}`, umbrella: `e2b_${'b'.repeat(40)}` }

/** The gateway alone, over one adapter, with records in memory and two organizations. */
export async function startGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const { adapter, domain, tls, template, resources, quota = 100 } = options
  const failures: unknown[] = []
  const leases = new Map<string, string>()
  const host: E2bHost = {
    authenticate: async (key) => {
      const found = Object.entries(keys).find(([, known]) => known === key)
      return found === undefined ? undefined : { organization: organizationIdSchema.parse(found[0]), name: 'test' }
    },
    get adapters() {
      const { features, limits, templates, maxTtlMs } = adapter.capabilities
      return [
        {
          name: adapter.name,
          features,
          limits,
          templates: template === undefined ? templates : ['base'],
          maxTtlMs,
          volumes: adapter.volumes,
        },
      ]
    },
    open: async (spec, { organization }, call) => {
      if ([...leases.values()].filter((owner) => owner === organization).length >= quota)
        throw new OperationError('quota-exceeded', 'too many sandboxes', { retryAfterMs: 1000 })
      const sandbox = await adapter.create(
        {
          ...spec,
          ...(template === undefined ? {} : { template }),
          resources: { ...resources, ...spec.resources },
          labels: { organization },
        },
        call,
      )
      leases.set(sandbox.id, organization)
      return sandbox
    },
    adopt: async (sandbox, { organization }) => void leases.set(sandbox.id, organization),
    connect: async ({ sandbox }, call) => await adapter.connect(sandboxIdSchema.parse(sandbox), call),
    close: async ({ sandbox }) => {
      leases.delete(sandbox)
      return await adapter.destroy(sandboxIdSchema.parse(sandbox))
    },
    records: createMemoryRecords(),
    blobs: createMemoryBlobs(),
    onError: (error) => failures.push(error),
  }
  const gateway = createE2bGateway({ host, secret: 's'.repeat(32), domain, builds: options.builds })
  const server: Server = tls === undefined ? createServer() : createSecureServer(tls)
  server.requestTimeout = 0
  server.on('request', (request, response) => gateway.handle(request, response))
  server.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head))
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  return {
    url,
    port,
    failures,
    connection: (organization = 'acme') => ({ apiKey: keys[organization] ?? '', apiUrl: url, sandboxUrl: url }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await gateway[Symbol.asyncDispose]()
      for (const id of leases.keys()) await adapter.destroy(sandboxIdSchema.parse(id))
    },
  }
}
