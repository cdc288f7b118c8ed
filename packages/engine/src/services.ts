import { type Clock, freshId, type OrganizationId, systemClock, toErrorData } from '@caisson/core'
import { defaultPolicy, type Policy } from '@caisson/router'
import { silentSink, type TraceSink } from '@caisson/tracing'
import { type AdapterEntry, createAdapterEntry } from './adapters/adapter-entry.ts'
import { createLocalBoard } from './batches/local-board.ts'
import { createEgressFeed, type EgressFeed } from './egress-feed.ts'
import type { EngineOptions, Logger } from './engine-options.ts'
import type { EngineEvent } from './engine-event.ts'
import type { HostFunctions } from './host-functions.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { createMemoryStores } from './memory/memory-stores.ts'
import type { BatchBoard } from './ports/batch-board.ts'
import type { Stores } from './ports/stores.ts'
import { createWarmPool, type WarmPool } from './warm-pool.ts'

/** The options of an engine with their defaults filled in: what every step may use. */
export interface Services {
  readonly adapters: ReadonlyMap<string, AdapterEntry>
  readonly policyOf: (organization: OrganizationId) => Policy | Promise<Policy>
  readonly hostFunctions: HostFunctions
  readonly stores: Stores
  readonly sink: TraceSink
  readonly egress: Pick<EgressFeed, 'listen'>
  readonly clock: Clock
  readonly logger: Logger
  /** Never rejects. */
  readonly tell: (event: EngineEvent) => Promise<void>
  readonly pool: WarmPool
  readonly board: BatchBoard
  readonly ownerId: string
  readonly limits: Limits
  readonly remainingBudgetUsd: (organization: OrganizationId) => Promise<number | undefined>
}

const silentLogger: Logger = { info: () => undefined, warn: () => undefined }

export function resolveServices(options: EngineOptions): Services {
  const { adapters, policy = defaultPolicy, clock = systemClock, logger = silentLogger } = options
  const stores = options.stores ?? createMemoryStores()
  const ownerId = options.ownerId ?? freshId()
  const limits = { ...defaultLimits, ...options.limits }
  const entries = new Map(
    adapters.map((adapter) => [adapter.name, createAdapterEntry(adapter, { clock, createMs: limits.createMs })]),
  )
  if (entries.size !== adapters.length) throw new TypeError('two adapters have the same name')
  return {
    adapters: entries,
    policyOf: typeof policy === 'function' ? policy : () => policy,
    hostFunctions: options.hostFunctions ?? {},
    stores,
    sink: options.sink ?? silentSink,
    egress: options.egress ?? createEgressFeed(),
    clock,
    logger,
    tell: async (event) => {
      try {
        await options.notify?.(event)
      } catch (error) {
        logger.warn({ error: toErrorData(error), event: event.type }, 'an event could not be told')
      }
    },
    pool: createWarmPool({
      entries: options.warmPool ?? [],
      adapters,
      labels: { owner: ownerId, state: stores.id },
      logger,
    }),
    board: options.batchBoard ?? createLocalBoard(logger),
    ownerId,
    limits,
    remainingBudgetUsd: options.remainingBudgetUsd ?? (async () => undefined),
  }
}
