import { availableParallelism, totalmem } from 'node:os'
import type { SandboxAdapter } from '@caisson/core'
import { hostPrice } from '@caisson/pricing'

/** The adapters whose sandboxes are on this machine, at its price; the others as they are. Without a price all of them are. */
export function withHostPrices(adapters: readonly SandboxAdapter[], usdPerHour: number): readonly SandboxAdapter[] {
  if (usdPerHour === 0) return adapters
  const machine = { cpus: availableParallelism(), memoryBytes: totalmem() }
  const price = hostPrice(usdPerHour, machine, new Date().toISOString().slice(0, 10))
  return adapters.map((adapter) => (adapter.capabilities.locality === 'machine' ? withPrice(adapter, price) : adapter))
}

function withPrice(adapter: SandboxAdapter, price: SandboxAdapter['capabilities']['price']): SandboxAdapter {
  return {
    ...adapter,
    // Asked anew: templates come and go.
    get capabilities() {
      return { ...adapter.capabilities, price }
    },
  }
}
