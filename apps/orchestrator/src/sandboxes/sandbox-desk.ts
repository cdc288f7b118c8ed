import {
  type CallOptions,
  type Decision,
  egressHeadersOf,
  type EgressPolicy,
  type Feature,
  hourMs,
  isOperationError,
  isSandboxError,
  OperationError,
  type OperationInput,
  operationSchema,
  type OrganizationId,
  type Sandbox,
  type SandboxAdapter,
  SandboxError,
  sandboxIdSchema,
  type SandboxSpec,
  toErrorData,
} from '@caisson/core'
import { decisionSpan, type Engine, endDecisionSpan, type Lease, type Logger, type Stores } from '@caisson/engine'
import { spanNames, type TraceSink } from '@caisson/tracing'
import { callerTraceparent } from '../http/caller-trace.ts'
import { assertPlaced, closed, grantedEgress, grantedTime, placeOf } from './granted.ts'
import { createHeldLeases, type Holder } from './held-leases.ts'
import { limitPorts, portsLabel, portsOf } from './limit-ports.ts'

/** Who asks for a sandbox, for audit and trace as well. */
export type Asker = Holder

/** A sandbox that somebody has. */
export interface Held {
  readonly organization: OrganizationId
  readonly adapter: string
  readonly sandbox: string
  /** Who asks, as a policy sees it. */
  readonly through: string
}

export interface OpenOptions extends CallOptions {
  /** No other adapter comes into question. */
  readonly only?: string | undefined
  /** What it is to reach in place of `spec.egress`, if the policy lets it and the adapter can: it does not change where the sandbox is put. */
  readonly wished?: EgressPolicy | undefined
}

export interface SandboxDeskParts {
  readonly engine: Engine
  readonly adapters: readonly SandboxAdapter[]
  readonly stores: Omit<Stores, 'batches'>
  readonly sink: TraceSink
  readonly logger: Logger
}

/**
 * Sandboxes that are asked for as such, and not by an operation: the same policy decides, and they are leased, audited, traced and billed like
 * any other. They live until somebody ends them or their time is over, also beyond this process.
 */
export interface SandboxDesk {
  /** `denied` when the policy places it nowhere, or wants to ask a person first; `quota-exceeded` when the organization has as many as it may. */
  readonly open: (spec: SandboxSpec, asker: Asker, options?: OpenOptions) => Promise<Sandbox>
  /** A sandbox that came out of another one. It is destroyed when the organization may have no more. */
  readonly adopt: (sandbox: Sandbox, asker: Asker) => Promise<Sandbox>
  readonly connect: (held: Held, options?: CallOptions) => Promise<Sandbox>
  /** Destroys it and ends its lease, also when it is gone already. */
  readonly close: (held: Held) => Promise<'destroyed' | 'absent'>
}

/** Adapters keep sandboxes for a day at most, and the policy wants room for what comes before and after the time that is asked for. */
const longestAskedMs = 23 * hourMs
const mostRules = 100

export function createSandboxDesk(parts: SandboxDeskParts): SandboxDesk {
  const { engine, adapters, stores, sink, logger } = parts
  const leases = createHeldLeases(stores.leases, engine.ownerId)

  const adapterNamed = (name: string): SandboxAdapter => {
    const adapter = adapters.find((candidate) => candidate.name === name)
    if (adapter !== undefined) return adapter
    throw new SandboxError('unavailable', name, `the adapter ${name} is not configured any more`)
  }

  const offers = (name: string, feature: Feature): boolean => adapterNamed(name).capabilities.features.includes(feature)

  const create = async (
    spec: SandboxSpec,
    asker: Asker,
    { adapter, options }: { readonly adapter: string; readonly options: OpenOptions | undefined },
  ): Promise<{ readonly sandbox: Sandbox; readonly lease: Lease }> => {
    const lease = await leases.open(adapterNamed(adapter), spec, asker)
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
      return { sandbox: leases.meter(sandbox, asker.organization), lease: await leases.attach(lease, sandbox) }
    } catch (error) {
      await leases.end(lease)
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
      .filter((name) => neededFeatures(spec).every((feature) => offers(name, feature)))
    let failure: unknown = new OperationError('denied', 'no adapter that the policy allows has what this sandbox needs')
    for (const adapter of candidates) {
      try {
        const egress = isEmpty(spec.egress) && !offers(adapter, 'set-egress') ? closed : spec.egress
        return await create({ ...spec, egress }, asker, { adapter, options })
      } catch (error) {
        // What a quota has no room for, it has no room for anywhere.
        if (isOperationError(error)) throw error
        if (isSandboxError(error) && (error.code === 'invalid-argument' || error.code === 'cancelled')) throw error
        failure = error
        logger.warn({ adapter, error: toErrorData(error) }, 'a sandbox could not be created')
      }
    }
    throw failure
  }

  /** What the policy says, with what is wished for if that changes nothing about the place. */
  const decide = async (
    spec: SandboxSpec,
    asker: Asker,
    { only, wished }: OpenOptions,
  ): Promise<{ readonly decision: Decision; readonly asked: EgressPolicy | undefined }> => {
    const context = { organization: asker.organization, agent: asker.name }
    const decision = await engine.decide(asOperation(spec, asker), context)
    if (wished === undefined) return { decision, asked: spec.egress }
    const wider = await engine.decide(asOperation({ ...spec, egress: wished }, asker), context)
    const isSame = wider.approval === decision.approval && placeOf(wider, only) === placeOf(decision, only)
    return isSame ? { decision: wider, asked: wished } : { decision, asked: spec.egress }
  }

  /** The sandbox with `setEgress` under the policy. */
  const limitEgress = (sandbox: Sandbox, asker: Asker): Sandbox => {
    const { setEgress } = sandbox
    if (setEgress === undefined) return sandbox
    return {
      ...sandbox,
      setEgress: async (egress, options) => {
        const { decision } = await decide({ egress }, asker, {})
        assertPlaced(decision)
        await setEgress(grantedEgress(decision, egress), options)
      },
    }
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
        name: `${spanNames.tool} sandbox.open`,
        type: 'tool',
        traceparent: callerTraceparent(),
        userId: asker.name,
        tags: ['sandbox.open', asker.through],
        organization: asker.organization,
        input: {
          kind: 'sandbox.open',
          template: spec.template,
          ttlMs: spec.ttlMs,
          variables: Object.keys(spec.env ?? {}),
        },
        metadata: { organization: asker.organization },
      })
      try {
        const operation = operationSchema.parse(asOperation({ ...spec, egress: options?.wished ?? spec.egress }, asker))
        const guardrail = span.startSpan(decisionSpan(operation))
        const { decision, asked } = await decide(spec, asker, options ?? {})
        endDecisionSpan(guardrail, decision)
        assertPlaced(decision)
        const acquire = span.startSpan({ name: spanNames.acquire, type: 'span' })
        const { sandbox, lease } = await createSomewhere(
          decision,
          {
            ...spec,
            egress: grantedEgress(decision, asked),
            labels: { ...spec.labels, [portsLabel]: portsOf(decision) },
            ...grantedTime(spec, decision),
          },
          { asker, options },
        )
        acquire.end({ output: { adapter: lease.adapter, sandbox: sandbox.id } })
        await tell(lease, asker, decision)
        span.end({ output: { adapter: lease.adapter, sandbox: sandbox.id } })
        return limitPorts(limitEgress(sandbox, asker), portsOf(decision))
      } catch (error) {
        span.end({ level: 'error', statusMessage: toErrorData(error).message })
        throw error
      }
    },
    adopt: async (sandbox, asker) => {
      try {
        const { expiresAtMs, labels } = await sandbox.info()
        const spec = { ttlMs: Math.max(0, expiresAtMs - Date.now()) }
        const lease = await leases.open(adapterNamed(sandbox.adapter), spec, asker)
        await tell(await leases.attach(lease, sandbox), asker, undefined)
        const metered = limitEgress(leases.meter(sandbox, asker.organization), asker)
        return limitPorts(metered, labels[portsLabel] ?? 'any')
      } catch (error) {
        await sandbox.destroy()
        throw error
      }
    },
    connect: async ({ organization, adapter, sandbox, through }, options) => {
      const connected = await adapterNamed(adapter).connect(sandboxIdSchema.parse(sandbox), options)
      // What was there before there was such a label is as it was.
      const { [portsLabel]: allowed = 'any' } = (await connected.info(options)).labels
      const metered = leases.meter(connected, organization)
      return limitPorts(limitEgress(metered, { organization, name: through, through }), allowed)
    },
    close: async ({ organization, adapter, sandbox: name }) => {
      const sandbox = sandboxIdSchema.parse(name)
      const outcome = await adapterNamed(adapter).destroy(sandbox)
      const lease = await stores.leases.findOpenBySandbox(adapter, sandbox)
      if (lease?.organization !== organization) return outcome
      const costUsd = await leases.end(lease)
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

/** What the policy is asked about. */
function asOperation({ ttlMs, resources = {}, egress, template }: SandboxSpec, { through }: Asker): OperationInput {
  return {
    kind: 'command.run',
    input: { argv: ['sandbox'] },
    timeoutMs: Math.min(ttlMs ?? longestAskedMs, longestAskedMs),
    resources,
    egress: egress?.mode === 'allow' ? egress.rules.slice(0, mostRules) : [],
    // Which ones are going to be served nobody says before.
    ports: 'any',
    ...(template === undefined ? {} : { template }),
    agentType: through,
  }
}

function neededFeatures({ onExpiry, volumes = [], egress = closed }: SandboxSpec): readonly Feature[] {
  return [
    ...(onExpiry === 'pause' ? (['pause'] as const) : []),
    ...(volumes.length > 0 ? (['volumes'] as const) : []),
    ...(egressHeadersOf(egress).length > 0 ? (['egress-headers'] as const) : []),
  ]
}

function isEmpty(egress: EgressPolicy | undefined): boolean {
  return egress?.mode === 'allow' && egress.rules.length === 0
}
