import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalAdapter } from '@caisson/adapter-local'
import { createDaytonaGateway, type RecordKind } from '@caisson/compat-daytona'
import { createMemoryHost, serveGateway } from '@caisson/compat-kit/testing'

export interface Endpoint extends AsyncDisposable {
  readonly apiUrl: string
  readonly apiKey: string
}

/** Our own endpoint over sandboxes of this machine. */
export async function startEndpoint(): Promise<Endpoint> {
  await using started = new AsyncDisposableStack()
  const stateDirectory = await mkdtemp(join(tmpdir(), 'caisson-daytona-'))
  started.defer(async () => await rm(stateDirectory, { recursive: true, force: true }))
  const adapter = started.use(createLocalAdapter({ stateDirectory, preparedSandboxes: 0 }))
  const apiKey = `e2b_${'c'.repeat(40)}`
  const memory = createMemoryHost<RecordKind>({ adapter, keys: { [apiKey]: 'acme' } })
  started.defer(async () => await memory.clear())
  const gateway = started.use(createDaytonaGateway({ host: memory.host, secret: 's'.repeat(32) }))
  const { url } = started.use(await serveGateway(gateway))
  const running = started.move()
  return { apiUrl: url, apiKey, [Symbol.asyncDispose]: async () => await running.disposeAsync() }
}
