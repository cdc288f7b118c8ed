import type { Operation, Placement, SandboxSpec } from '@caisson/core'
import { sandboxTtlMs } from './sandbox-ttl.ts'

/**
 * The sandbox that a placement asks for, on the chosen adapter and on every fallback alike. Who runs it adds labels. Variables
 * of the operation belong to its processes and are not in here, so that a sandbox can be shared and kept warm.
 */
export function planSandbox(placement: Extract<Placement, { kind: 'sandbox' }>, operation: Operation): SandboxSpec {
  return {
    ...(operation.template === undefined ? {} : { template: operation.template }),
    resources: operation.resources,
    ttlMs: sandboxTtlMs(operation.timeoutMs),
    onExpiry: 'destroy',
    egress: placement.egress ?? { mode: 'none' },
  }
}
