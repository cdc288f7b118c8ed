import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalAdapter } from '@caisson/adapter-local'
import type { TemplateBuilds } from '@caisson/compat-kit'
import { createMemoryHost, type MemoryHost, serveGateway } from '@caisson/compat-kit/testing'
import type { SandboxAdapter } from '@caisson/core'
import { createDaytonaGateway, type DaytonaGateway, type RecordKind } from '../../src/index.ts'

export interface TestGateway extends AsyncDisposable {
  readonly url: string
  readonly gateway: DaytonaGateway
  readonly memory: MemoryHost<RecordKind>
  /** Options for Daytona's SDK, with the key of the organization `acme`, or another one's. */
  readonly connection: (organization?: 'acme' | 'umbrella') => { readonly apiKey: string; readonly apiUrl: string }
}

const keys = { acme: `e2b_${'a'.repeat(40)}`, umbrella: `e2b_${'b'.repeat(40)}` }

/** The gateway alone, over one adapter, with records in memory and two organizations. */
export async function startGateway(adapter: SandboxAdapter, builds?: TemplateBuilds): Promise<TestGateway> {
  await using started = new AsyncDisposableStack()
  const memory = createMemoryHost<RecordKind>({
    adapter,
    keys: { [keys.acme]: 'acme', [keys.umbrella]: 'umbrella' },
  })
  started.defer(async () => await memory.clear())
  const gateway = started.use(createDaytonaGateway({ host: memory.host, secret: 's'.repeat(32), builds }))
  const { url } = started.use(await serveGateway(gateway))
  const running = started.move()
  return {
    url,
    gateway,
    memory,
    connection: (organization = 'acme') => ({
      apiKey: keys[organization],
      apiUrl: url,
    }),
    [Symbol.asyncDispose]: async () => await running.disposeAsync(),
  }
}

/** Over sandboxes of this machine, with a state directory of its own. */
export async function startLocalGateway(): Promise<TestGateway> {
  await using started = new AsyncDisposableStack()
  const stateDirectory = await mkdtemp(join(tmpdir(), 'caisson-daytona-'))
  started.defer(async () => await rm(stateDirectory, { recursive: true, force: true }))
  const adapter = started.use(createLocalAdapter({ stateDirectory }))
  const gateway = started.use(await startGateway(adapter))
  const running = started.move()
  return { ...gateway, [Symbol.asyncDispose]: async () => await running.disposeAsync() }
}
