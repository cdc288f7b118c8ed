import type { TemplateBuilds } from '@caisson/compat-kit'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createMemoryHost } from '@caisson/compat-kit/testing'
import type { Resources, SandboxAdapter } from '@caisson/core'
import { createE2bGateway, type E2bHost, type RecordKind } from '../../src/index.ts'

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
  const { adapter, domain, tls, template, resources, quota } = options
  const organizations = Object.fromEntries(Object.entries(keys).map(([organization, key]) => [key, organization]))
  const memory = createMemoryHost<RecordKind>({ adapter, keys: organizations, resources, quota })
  const { failures } = memory
  const host = template === undefined ? memory.host : withTemplate(memory.host, template)
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
      await memory.clear()
    },
  }
}

/** Lets one template stand for all. */
function withTemplate(host: E2bHost, template: string): E2bHost {
  return {
    ...host,
    adapters: host.adapters.map((adapter) => ({ ...adapter, templates: ['base'] })),
    open: async (spec, caller, call) => await host.open({ ...spec, template }, caller, call),
  }
}
