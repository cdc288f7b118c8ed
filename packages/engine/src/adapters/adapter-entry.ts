import {
  type AdapterHealth,
  type Clock,
  isSandboxError,
  type Sandbox,
  type SandboxAdapter,
  type SandboxSpec,
  secondMs,
} from '@caisson/core'
import {
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
  wrap,
} from 'cockatiel'
import type { AdapterState } from '@caisson/router'
import { answerOf } from '../runs/answer-of.ts'

/** An adapter with what the engine knows about it. */
export interface AdapterEntry {
  readonly adapter: SandboxAdapter
  /** For the router. Health is a few seconds old, and at most a minute. */
  readonly state: () => Promise<AdapterState>
  /** Creates with a time limit that holds even when the adapter hangs; tries a second time what may succeed a second time. */
  readonly create: (spec: SandboxSpec, signal: AbortSignal) => Promise<Sandbox>
}

const freshMs = 10 * secondMs
/** A little older is good enough to go on with while a new probe runs. */
const usableMs = 60 * secondMs
const probeMs = 3 * secondMs
const breakAfter = 5
const brokenMs = 10 * secondMs

export function createAdapterEntry(
  adapter: SandboxAdapter,
  { clock, createMs }: { readonly clock: Clock; readonly createMs: number },
): AdapterEntry {
  const breaker = circuitBreaker(handleWhen(blamesAdapter), {
    halfOpenAfter: brokenMs,
    breaker: new ConsecutiveBreaker(breakAfter),
  })
  const again = retry(
    handleWhen((error) => isSandboxError(error) && error.retryable),
    {
      maxAttempts: 1,
      backoff: new ExponentialBackoff({ initialDelay: 100 }),
    },
  )
  const resilient = wrap(again, breaker)
  let health: { readonly value: Promise<AdapterHealth>; readonly readAtMs: number } | undefined
  let latencyMs: number | undefined

  const currentHealth = async (): Promise<AdapterHealth> => {
    const nowMs = clock.now()
    if (breaker.state === CircuitState.Open) {
      const reason = `the last ${breakAfter} attempts to create a sandbox failed`
      return { status: 'unavailable', reason, checkedAtMs: nowMs, latencyMs: 0 }
    }
    const known = health
    if (known !== undefined && nowMs - known.readAtMs <= freshMs) return await known.value
    health = { value: probe(adapter, clock), readAtMs: nowMs }
    return await (known !== undefined && nowMs - known.readAtMs <= usableMs ? known : health).value
  }

  return {
    adapter,
    state: async () => ({
      name: adapter.name,
      capabilities: adapter.capabilities,
      health: await currentHealth(),
      latencyMs,
    }),
    create: async (spec, signal) => {
      const startedAtMs = clock.now()
      const sandbox = await resilient.execute(async () => await createInTime(adapter, spec, { signal, createMs }))
      const tookMs = clock.now() - startedAtMs
      latencyMs = latencyMs === undefined ? tookMs : 0.8 * latencyMs + 0.2 * tookMs
      return sandbox
    },
  }
}

function blamesAdapter(error: unknown): boolean {
  return (
    !isSandboxError(error) ||
    !['invalid-argument', 'cancelled', 'template-not-found', 'unsupported'].includes(error.code)
  )
}

async function probe(adapter: SandboxAdapter, clock: Clock): Promise<AdapterHealth> {
  try {
    return await answerOf(async (options) => await adapter.probe(options), { answerMs: probeMs })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return {
      status: 'unavailable',
      reason: `the probe failed: ${reason}`,
      checkedAtMs: clock.now(),
      latencyMs: probeMs,
    }
  }
}

async function createInTime(
  adapter: SandboxAdapter,
  spec: SandboxSpec,
  { signal, createMs }: { readonly signal: AbortSignal; readonly createMs: number },
): Promise<Sandbox> {
  let creating: Promise<Sandbox> | undefined
  try {
    return await answerOf(
      async (options) => {
        creating = adapter.create(spec, options)
        return await creating
      },
      { answerMs: createMs, signals: [signal], adapter: adapter.name },
    )
  } catch (error) {
    // What comes too late belongs to nobody.
    creating?.then(async (sandbox) => await sandbox.destroy()).catch(() => undefined)
    throw error
  }
}
