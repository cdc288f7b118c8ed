import type { Sandbox, SandboxAdapter } from '@caisson/core'

/** The adapter with some of its calls replaced. */
export function faultyAdapter(adapter: SandboxAdapter, faults: Partial<SandboxAdapter>): SandboxAdapter {
  return {
    ...adapter,
    ...faults,
    [Symbol.asyncDispose]: async () => await adapter[Symbol.asyncDispose](),
  }
}

/** The sandbox with some of its calls replaced, in the restricted view as well. */
export function faultySandbox(sandbox: Sandbox, faults: Partial<Sandbox>): Sandbox {
  const whole: Sandbox = {
    ...sandbox,
    ...faults,
    restricted: () => ({ ...sandbox.restricted(), ...faults }),
    [Symbol.asyncDispose]: async () => await sandbox[Symbol.asyncDispose](),
  }
  return whole
}
