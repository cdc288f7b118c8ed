import type { AuditEvent } from '@caisson/engine'
import type { TraceSink } from '@caisson/tracing'
import { count, inArray, isNull } from 'drizzle-orm'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { Database } from '../store/database.ts'
import { leases, runs } from '../store/schema.ts'

const unfinished = ['queued', 'awaiting-approval', 'running'] as const

export interface Metrics {
  /** Counts what the engine accounts for. */
  readonly observe: (event: AuditEvent) => void
  /** The text that Prometheus reads. */
  readonly render: () => Promise<{ readonly contentType: string; readonly text: string }>
}

/**
 * Crosses organizations: operators of the service look at it. What this process did since it started, how it feels, and what all replicas have on their hands. The latter is read from the database
 * through indexes that hold the unfinished alone, so that its cost does not grow with history.
 */
export function createMetrics(database: Database, sink: TraceSink): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const submitted = new Counter({
    name: 'caisson_runs_submitted_total',
    help: 'Runs submitted to this replica',
    registers,
  })
  const decided = new Counter({
    name: 'caisson_decisions_total',
    help: 'Decisions of this replica',
    labelNames: ['placement', 'adapter'],
    registers,
  })
  const finished = new Counter({
    name: 'caisson_runs_finished_total',
    help: 'Runs that this replica brought to their end',
    labelNames: ['status'],
    registers,
  })
  const active = new Gauge({
    name: 'caisson_runs_active',
    help: 'Runs that are not over, on all replicas. The queued ones are the queue',
    labelNames: ['status'],
    registers,
    collect: async () => {
      const rows = await database
        .select({ status: runs.status, number: count() })
        .from(runs)
        .where(inArray(runs.status, [...unfinished]))
        .groupBy(runs.status)
      for (const status of unfinished) active.set({ status }, rows.find((row) => row.status === status)?.number ?? 0)
    },
  })
  // Crosses organizations, as above.
  const leased = new Gauge({
    name: 'caisson_sandboxes_leased',
    help: 'Sandboxes that belong to an organization, on all replicas',
    labelNames: ['adapter'],
    registers,
    collect: async () => {
      const rows = await database
        .select({ adapter: leases.adapter, number: count() })
        .from(leases)
        .where(isNull(leases.endedAtMs))
        .groupBy(leases.adapter)
      leased.reset()
      for (const { adapter, number } of rows) leased.set({ adapter }, number)
    },
  })
  const dropped = new Counter({
    name: 'caisson_trace_items_dropped_total',
    help: 'Spans, events and scores that a trace backend lost for want of room, or did not take from this replica',
    labelNames: ['backend'],
    registers,
    collect: () => {
      dropped.reset()
      for (const [backend, number] of Object.entries(sink.dropped())) dropped.inc({ backend }, number)
    },
  })
  const label = (value: string | number | boolean | undefined) => String(value ?? '')
  return {
    observe: ({ action, details }) => {
      if (action === 'run.submitted') submitted.inc()
      if (action === 'run.finished') finished.inc({ status: label(details['status']) })
      if (action === 'run.decided') {
        decided.inc({ placement: label(details['placement']), adapter: label(details['adapter']) })
      }
    },
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
