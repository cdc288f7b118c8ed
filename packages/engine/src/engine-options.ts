import type { Clock, OrganizationId, SandboxAdapter, SandboxSpec } from '@caisson/core'
import type { Policy } from '@caisson/router'
import type { TraceSink } from '@caisson/tracing'
import type { EgressFeed } from './egress-feed.ts'
import type { EngineEvent } from './engine-event.ts'
import type { HostFunctions } from './host-functions.ts'
import type { Limits } from './limits.ts'
import type { BatchBoard } from './ports/batch-board.ts'
import type { Stores } from './ports/stores.ts'

/** Where the engine says what it cannot return: failures in the background. Never operations, outputs or secrets. */
export interface Logger {
  readonly info: (facts: Readonly<Record<string, unknown>>, message: string) => void
  readonly warn: (facts: Readonly<Record<string, unknown>>, message: string) => void
}

/** Sandboxes that are kept ready. Each is used once and never by two organizations. */
export interface WarmPoolEntry {
  /** Name of one of the adapters. */
  readonly adapter: string
  /** An operation takes one when its own spec is the same apart from labels and lifetime. */
  readonly spec: SandboxSpec
  readonly size: number
}

export interface EngineOptions {
  /** In no order: the policy prefers. Names must be unique. The engine does not dispose them. */
  readonly adapters: readonly SandboxAdapter[]
  /** Default: the router's default policy. A function is asked at each decision, so that a policy can change without a restart. */
  readonly policy?: Policy | ((organization: OrganizationId) => Policy | Promise<Policy>) | undefined
  readonly hostFunctions?: HostFunctions | undefined
  /** Default: in memory, lost with the process. */
  readonly stores?: Stores | undefined
  /** Default: silent. The engine flushes it on `close` and does not close it. */
  readonly sink?: TraceSink | undefined
  /** Tells traces of connections that were denied. Hand its `tell` to the adapters. Default: nothing is told. */
  readonly egress?: Pick<EgressFeed, 'listen'> | undefined
  /**
   * Told of questions to people, of their answers, and of the ends of runs: at least once each, unless the process dies right then. What it throws is
   * logged and changes nothing.
   */
  readonly notify?: ((event: EngineEvent) => void | Promise<void>) | undefined
  /** Who serves the slots of batches. Default: this engine those of its own runs. */
  readonly batchBoard?: BatchBoard | undefined
  readonly clock?: Clock | undefined
  readonly logger?: Logger | undefined
  readonly warmPool?: readonly WarmPoolEntry[] | undefined
  /** Names this process in claims and labels. Must differ between replicas and between starts. Default: random. */
  readonly ownerId?: string | undefined
  readonly limits?: Partial<Limits> | undefined
  /** What an organization may still spend; absent or `undefined` is without limit. */
  readonly remainingBudgetUsd?: ((organization: OrganizationId) => Promise<number | undefined>) | undefined
}
