import type { AdapterState } from '@caisson/api/schemas'
import { type SandboxAdapter, secondMs, systemClock } from '@caisson/core'

const probeMs = 5 * secondMs

/** How the adapters are. One that hangs or breaks its promise not to throw is unavailable. */
export async function adapterStates(adapters: readonly SandboxAdapter[]): Promise<readonly AdapterState[]> {
  return await Promise.all(
    adapters.map(async (adapter) => ({
      name: adapter.name,
      capabilities: adapter.capabilities,
      health: await healthOf(adapter),
    })),
  )
}

/** How an adapter is, within a few seconds. Never rejects. */
export async function healthOf(adapter: SandboxAdapter): Promise<AdapterState['health']> {
  const startedAtMs = systemClock.now()
  const signal = AbortSignal.timeout(probeMs)
  const unavailable = (reason: string): AdapterState['health'] => {
    const checkedAtMs = systemClock.now()
    return { status: 'unavailable', reason, checkedAtMs, latencyMs: checkedAtMs - startedAtMs }
  }
  return await Promise.race([
    adapter.probe({ signal }).catch((error: unknown) => unavailable(error instanceof Error ? error.message : 'failed')),
    new Promise<AdapterState['health']>((resolve) => {
      signal.addEventListener('abort', () => resolve(unavailable(`no answer in ${probeMs} ms`)))
    }),
  ])
}
