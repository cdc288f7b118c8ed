import {
  type CallOptions,
  type Decision,
  defaultResources,
  type EgressPolicy,
  type Feature,
  freshId,
  gib,
  hourMs,
  isSandboxError,
  leaseIdSchema,
  OperationError,
  type OrganizationId,
  type Resources,
  runIdSchema,
  type Sandbox,
  type SandboxAdapter,
  SandboxError,
  sandboxIdSchema,
  type SandboxSpec,
  toErrorData,
} from '@caisson/core'
import type { Engine, Lease, Logger, Stores } from '@caisson/engine'
import { spanNames, type TraceSink } from '@caisson/tracing'

/** Who asks for a sandbox. */
export interface Asker {
  readonly organization: OrganizationId
  /** Person or key, for audit and trace. */
  readonly name: string
  /** What speaks for them, so that policies can tell: `e2b`, `daytona`. */
  readonly through: string
}

/** A sandbox that somebody has. */
export interface Held {
  readonly organization: OrganizationId
  readonly adapter: string
  readonly sandbox: string
  readonly resources?: Pick<Resources, 'cpus' | 'memoryBytes'> | undefined
}

/** With `only` no other adapter comes into question. */
export interface OpenOptions extends CallOptions {
  readonly only?: string | undefined
}

export interface SandboxDeskParts {
  readonly engine: Engine
  readonly adapters: readonly SandboxAdapter[]
  readonly stores: Stores
  readonly sink: TraceSink
  readonly logger: Logger
  /** Sandboxes of one organization at one time. */
  readonly mostSandboxes: number
}

/**
 * Sandboxes that are asked for as such, and not by an operation: the same policy decides, and they are leased, audited, traced and billed like
 * any other. They live until somebody ends them or their time is over, also beyond this process.
 */
export interface SandboxDesk {
  /** `denied` when the policy places it nowhere, or wants to ask a person first; `quota-exceeded` when the organization has as many as it may. */
  readonly open: (spec: SandboxSpec, asker: Asker, options?: OpenOptions) => Promise<Sandbox>
  /** A sandbox that came out of another one. It is destroyed when the organization may have no more. */
  readonly adopt: (sandbox: Sandbox, asker: Asker) => Promise<void>
  readonly connect: (held: Held, options?: CallOptions) => Promise<Sandbox>
  /** Destroys it and ends its lease, also when it is gone already. */
  readonly close: (held: Held) => Promise<'destroyed' | 'absent'>
}

const maxTtlMs = 24 * hourMs
const mostRules = 20
const retryAfterMs = 1000
/** Of leases that no run opened. */
const slotPrefix = 'held:'

export function createSandboxDesk(parts: SandboxDeskParts): SandboxDesk {
  const { engine, adapters, stores, sink, logger, mostSandboxes } = parts
  /** Being made now: not yet leases that a count would find. */
  const making = new Map<string, number>()

  const adapterNamed = (name: string): SandboxAdapter => {
    const adapter = adapters.find((candidate) => candidate.name === name)
    if (adapter !== undefined) return adapter
    throw new SandboxError('unavailable', name, `the adapter ${name} is not configured any more`)
  }

  const reserve = async (organization: OrganizationId): Promise<Disposable> => {
    const count = (by: number) => making.set(organization, (making.get(organization) ?? 0) + by)
    count(1)
    const reserved = { [Symbol.dispose]: () => void count(-1) }
    const open = await stores.leases.listOpen(organization)
    const held = open.filter(({ slot, sandbox }) => slot.startsWith(slotPrefix) && sandbox !== undefined)
    if (held.length + (making.get(organization) ?? 0) <= mostSandboxes) return reserved
    reserved[Symbol.dispose]()
    throw new OperationError('quota-exceeded', `there are ${mostSandboxes} sandboxes, as many as there may be`, {
      remedy: 'end one, or let its time run out',
      retryable: true,
      retryAfterMs,
    })
  }

  const decide = async (spec: SandboxSpec, { organization, name, through }: Asker): Promise<Decision> =>
    await engine.decide(
      {
        kind: 'command.run',
        input: { argv: ['sandbox'] },
        timeoutMs: Math.min(spec.ttlMs ?? maxTtlMs, maxTtlMs),
        resources: spec.resources ?? {},
        egress: spec.egress?.mode === 'allow' ? spec.egress.rules.slice(0, mostRules) : [],
        ...(spec.template === undefined ? {} : { template: spec.template }),
        agentType: through,
      },
      { organization, agent: name },
    )

  const openLease = async (adapter: string, { organization, through }: Asker): Promise<Lease> => {
    const lease: Lease = {
      id: leaseIdSchema.parse(freshId()),
      organization,
      run: runIdSchema.parse(freshId('held')),
      slot: `${slotPrefix}${through}`,
      adapter,
      owner: engine.ownerId,
      startedAtMs: Date.now(),
    }
    await stores.leases.open(lease)
    return lease
  }

  const endLease = async (lease: Lease, resources: Held['resources']): Promise<number> => {
    const { cpus, memoryBytes } = { ...defaultResources, ...resources }
    const price = adapters.find(({ name }) => name === lease.adapter)?.capabilities.price
    const endedAtMs = Date.now()
    const hours = lease.sandbox === undefined ? 0 : (endedAtMs - lease.startedAtMs) / hourMs
    const perHour = price === undefined ? 0 : cpus * price.perCpuHour + (memoryBytes / gib) * price.perGibHour
    await stores.leases.end(lease.organization, lease.id, { endedAtMs, costUsd: perHour * hours })
    return perHour * hours
  }

  const create = async (
    spec: SandboxSpec,
    asker: Asker,
    { adapter, options }: { readonly adapter: string; readonly options: OpenOptions | undefined },
  ): Promise<{ readonly sandbox: Sandbox; readonly lease: Lease }> => {
    const lease = await openLease(adapter, asker)
    const labels = {
      ...spec.labels,
      organization: asker.organization,
      owner: engine.ownerId,
      state: stores.id,
      lease: lease.id,
      run: lease.run,
      // Says to recovery that it ends by itself, and not with this process.
      session: lease.slot,
    }
    try {
      const sandbox = await adapterNamed(adapter).create({ ...spec, labels }, options)
      await stores.leases.attach(asker.organization, lease.id, sandbox.id)
      return { sandbox, lease: { ...lease, sandbox: sandbox.id } }
    } catch (error) {
      await endLease(lease, undefined)
      throw error
    }
  }

  const createSomewhere = async (
    decision: Decision,
    spec: SandboxSpec,
    { asker, options }: { readonly asker: Asker; readonly options: OpenOptions | undefined },
  ): Promise<{ readonly sandbox: Sandbox; readonly lease: Lease }> => {
    const candidates = decision.candidates
      .filter(({ verdict }) => verdict !== 'rejected')
      .toSorted((left, right) => Number(right.verdict === 'chosen') - Number(left.verdict === 'chosen'))
      .map(({ adapter }) => adapter)
      .filter((name) => options?.only === undefined || name === options.only)
      .filter((name) =>
        neededFeatures(spec).every((feature) => adapterNamed(name).capabilities.features.includes(feature)),
      )
    let failure: unknown = new OperationError('denied', 'no adapter that the policy allows has what this sandbox needs')
    for (const adapter of candidates) {
      try {
        return await create(spec, asker, { adapter, options })
      } catch (error) {
        if (isSandboxError(error) && (error.code === 'invalid-argument' || error.code === 'cancelled')) throw error
        failure = error
        logger.warn({ adapter, error: toErrorData(error) }, 'a sandbox could not be created')
      }
    }
    throw failure
  }

  const tell = async (lease: Lease, asker: Asker, decision: Decision | undefined): Promise<void> =>
    await stores.audit.append({
      organization: lease.organization,
      run: lease.run,
      atMs: Date.now(),
      action: 'sandbox.opened',
      actor: asker.name,
      decision: decision?.id,
      details: {
        adapter: lease.adapter,
        sandbox: lease.sandbox ?? '',
        through: asker.through,
        ...(decision === undefined ? {} : { reason: decision.reasons[0]?.code ?? '', policy: decision.policy.hash }),
      },
    })

  return {
    open: async (spec, asker, options) => {
      const span = sink.startSpan({
        name: spanNames.tool,
        type: 'tool',
        userId: asker.name,
        tags: ['sandbox.open', asker.through],
        input: {
          kind: 'sandbox.open',
          template: spec.template,
          ttlMs: spec.ttlMs,
          variables: Object.keys(spec.env ?? {}),
        },
        metadata: { organization: asker.organization },
      })
      try {
        using _reserved = await reserve(asker.organization)
        const guardrail = span.startSpan({ name: spanNames.decide, type: 'guardrail' })
        const decision = await decide(spec, asker)
        const { placement, reasons, policy } = decision
        guardrail.end({ output: { decision: decision.id, verdict: placement.kind, placement, reasons, policy } })
        assertPlaced(decision)
        const acquire = span.startSpan({ name: spanNames.acquire, type: 'span' })
        const { sandbox, lease } = await createSomewhere(
          decision,
          { ...spec, egress: grantedEgress(decision) },
          { asker, options },
        )
        acquire.end({ output: { adapter: lease.adapter, sandbox: sandbox.id } })
        await tell(lease, asker, decision)
        span.end({ output: { adapter: lease.adapter, sandbox: sandbox.id } })
        return sandbox
      } catch (error) {
        span.end({ level: 'error', statusMessage: toErrorData(error).message })
        throw error
      }
    },
    adopt: async (sandbox, asker) => {
      try {
        using _reserved = await reserve(asker.organization)
        const lease = await openLease(sandbox.adapter, asker)
        await stores.leases.attach(asker.organization, lease.id, sandbox.id)
        await tell({ ...lease, sandbox: sandbox.id }, asker, undefined)
      } catch (error) {
        await sandbox.destroy()
        throw error
      }
    },
    connect: async ({ adapter, sandbox }, options) =>
      await adapterNamed(adapter).connect(sandboxIdSchema.parse(sandbox), options),
    close: async ({ organization, adapter, sandbox: name, resources }) => {
      const sandbox = sandboxIdSchema.parse(name)
      const outcome = await adapterNamed(adapter).destroy(sandbox)
      const lease = await stores.leases.findOpenBySandbox(adapter, sandbox)
      if (lease?.organization !== organization) return outcome
      const costUsd = await endLease(lease, resources)
      await stores.audit.append({
        organization,
        run: lease.run,
        atMs: Date.now(),
        action: 'sandbox.closed',
        details: { adapter, sandbox, outcome, leasedMs: Date.now() - lease.startedAtMs, costUsd },
      })
      return outcome
    },
  }
}

function neededFeatures({ onExpiry, volumes = [] }: SandboxSpec): readonly Feature[] {
  return [...(onExpiry === 'pause' ? (['pause'] as const) : []), ...(volumes.length > 0 ? (['volumes'] as const) : [])]
}

function grantedEgress({ placement }: Decision): EgressPolicy {
  return (placement.kind === 'sandbox' ? placement.egress : undefined) ?? { mode: 'none' }
}

function assertPlaced({ placement, approval, reasons }: Decision): void {
  if (placement.kind === 'sandbox' && approval === 'none') return
  if (placement.kind === 'denied') {
    throw new OperationError('denied', reasons[0]?.text ?? 'the policy denies it', {
      remedy: placement.missing.length === 0 ? undefined : `what is missing: ${placement.missing.join('; ')}`,
    })
  }
  throw new OperationError(
    'denied',
    placement.kind === 'host'
      ? 'the policy places commands on the host, and a sandbox cannot be there'
      : 'the policy asks a person first, and nobody waits here for the answer',
  )
}
