import {
  allocatedResources,
  freshId,
  leaseIdSchema,
  type OrganizationId,
  runIdSchema,
  type Sandbox,
  type SandboxAdapter,
  type SandboxSpec,
  secondMs,
} from '@caisson/core'
import type { Lease, LeaseStore } from '@caisson/engine'
import { costOf, fromNanos } from '@caisson/pricing'

/** Who a sandbox is for. */
export interface Holder {
  readonly organization: OrganizationId
  /** Key or person: quotas and costs are kept by this name. */
  readonly name: string
  /** What speaks for them: `e2b`, `daytona`. */
  readonly through: string
}

/** Leases of sandboxes that somebody has as such, and not for a run. */
export interface HeldLeases {
  /** Before the sandbox is asked for. `quota-exceeded` when there is no room for it. */
  readonly open: (adapter: SandboxAdapter, spec: SandboxSpec, holder: Holder) => Promise<Lease>
  readonly attach: (lease: Lease, sandbox: Sandbox) => Promise<Lease>
  /** Says what it cost. */
  readonly end: (lease: Lease) => Promise<number>
  /** The same sandbox, whose pauses and prolongations are told to the lease. */
  readonly meter: (sandbox: Sandbox, organization: OrganizationId) => Sandbox
}

/** Of leases that no run opened. */
const slotPrefix = 'held:'
/** What a sandbox is reckoned to be needed for by somebody who says nothing about it. */
const estimatedMs = 300 * secondMs

export function createHeldLeases(leases: LeaseStore, owner: string): HeldLeases {
  const change = async (
    { adapter, id }: Sandbox,
    organization: OrganizationId,
    make: (lease: Lease) => Promise<void>,
  ): Promise<void> => {
    const lease = await leases.findOpenBySandbox(adapter, id)
    if (lease?.organization === organization) await make(lease)
  }

  return {
    open: async ({ name: adapter, capabilities }, { resources, ttlMs }, { organization, name, through }) => {
      const size = allocatedResources(resources)
      const { cpus, memoryBytes, diskBytes } = size
      const { price, maxTtlMs } = capabilities
      const startedAtMs = Date.now()
      const lengthMs = ttlMs ?? maxTtlMs
      const lease: Lease = {
        id: leaseIdSchema.parse(freshId()),
        organization,
        run: runIdSchema.parse(freshId('held')),
        slot: `${slotPrefix}${through}`,
        adapter,
        owner,
        startedAtMs,
        agent: name,
        kind: 'sandbox',
        cpus,
        memoryBytes,
        diskBytes,
        price,
        expiresAtMs: startedAtMs + lengthMs,
        estimateUsd: fromNanos(costOf(price, size, { runningMs: Math.min(lengthMs, estimatedMs) })),
      }
      await leases.open(lease)
      return lease
    },
    attach: async (lease, { id }) => {
      await leases.attach(lease.organization, lease.id, id)
      return { ...lease, sandbox: id }
    },
    end: async ({ organization, id }) => await leases.end(organization, id, Date.now()),
    meter: (sandbox, organization) => {
      const { pause, resume } = sandbox
      return {
        ...sandbox,
        extend: async (ttlMs, options) => {
          // First the budget, then the time.
          await change(sandbox, organization, async ({ id }) => {
            await leases.prolong(organization, id, Date.now() + ttlMs)
          })
          return await sandbox.extend(ttlMs, options)
        },
        ...(pause === undefined
          ? {}
          : {
              pause: async (options) => {
                await pause(options)
                await change(sandbox, organization, async ({ id }) => await leases.pause(organization, id, Date.now()))
              },
            }),
        ...(resume === undefined
          ? {}
          : {
              resume: async (options) => {
                // Whoever resumes pays from then on, also when it takes its time.
                await change(sandbox, organization, async ({ id }) => await leases.resume(organization, id, Date.now()))
                await resume(options)
              },
            }),
      }
    },
  }
}
