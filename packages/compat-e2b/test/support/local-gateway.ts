import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalAdapter } from '@caisson/adapter-local'
import { startGateway, type TestGateway, type TestGatewayOptions } from './start-gateway.ts'

/** A gateway over sandboxes of this machine, with a state directory of its own. */
export async function startLocalGateway(options: Omit<TestGatewayOptions, 'adapter'> = {}): Promise<TestGateway> {
  await using started = new AsyncDisposableStack()
  const stateDirectory = await mkdtemp(join(tmpdir(), 'caisson-e2b-'))
  started.defer(async () => await rm(stateDirectory, { recursive: true, force: true }))
  const adapter = started.use(createLocalAdapter({ stateDirectory }))
  const gateway = started.use(await startGateway({ ...options, adapter }))
  const running = started.move()
  return { ...gateway, [Symbol.asyncDispose]: async () => await running.disposeAsync() }
}
