import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalAdapter } from '@caisson/adapter-local'
import { createE2bGateway, type E2bHost, type RecordKind } from '@caisson/compat-e2b'
import { createMemoryHost, serveGateway } from '@caisson/compat-kit/testing'
import type { Resources } from '@caisson/core'

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

export async function startEndpoint({ resources, quota }: EndpointOptions = {}): Promise<Endpoint> {
  await using started = new AsyncDisposableStack()
  const stateDirectory = await mkdtemp(join(tmpdir(), 'caisson-e2b-'))
  started.defer(async () => await rm(stateDirectory, { recursive: true, force: true }))
  const adapter = started.use(createLocalAdapter({ stateDirectory }))
  const apiKey = `e2b_${'a'.repeat(40)}`
  const memory = createMemoryHost<RecordKind>({ adapter, keys: { [apiKey]: 'acme' }, resources, quota })
  started.defer(async () => await memory.clear())
  const gateway = started.use(createE2bGateway({ host: withTemplatesOfE2b(memory.host), secret: 's'.repeat(32) }))
  const { url, cut } = started.use(await serveGateway(gateway))
  const running = started.move()
  return {
    url,
    apiKey,
    failures: memory.failures,
    cut,
    [Symbol.asyncDispose]: async () => await running.disposeAsync(),
  }
}

const templates = ['base', 'code-interpreter-v1']

/** What E2B's clients ask for unless they are told to ask for something else is the adapter's default. */
function withTemplatesOfE2b(host: E2bHost): E2bHost {
  return {
    ...host,
    adapters: host.adapters.map((adapter) => ({ ...adapter, templates })),
    open: async ({ template, ...spec }, caller, call) =>
      await host.open(
        template === undefined || templates.includes(template) ? spec : { ...spec, template },
        caller,
        call,
      ),
  }
}
