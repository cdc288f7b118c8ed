import { type Decision, isFinal, type OperationOf } from '@caisson/core'
import { permittedOperation } from '@caisson/router'
import { redactingSink, type Span } from '@caisson/tracing'
import type { BatchSlot } from '../ports/batch-board.ts'
import type { Batch } from '../ports/batch-store.ts'
import { createOutputLog } from '../runs/output-log.ts'
import { createRunHandle } from '../runs/run-handle.ts'
import { secretsOf } from '../secrets-of.ts'
import type { Services } from '../services.ts'
import type { Work } from '../work.ts'

/** The work on one slot of a batch, which may be done by another engine than the one that has the run. */
export interface OpenSlot {
  readonly batch: Batch
  readonly decision: Decision
  readonly operation: OperationOf<'batch.run'>
  readonly work: Work
  readonly span: Span
}

/** `undefined`: the batch is over. */
export async function openSlot(
  services: Services,
  { organization, run, slot }: BatchSlot,
  signals: Pick<Work, 'cancel' | 'stop'>,
): Promise<OpenSlot | undefined> {
  const { stores, clock, limits, sink } = services
  const [record, batch] = await Promise.all([
    stores.runs.get(organization, run),
    stores.batches.get({ organization, run }),
  ])
  const decision = record?.run.decision
  if (record === undefined || batch === undefined || decision === undefined) return undefined
  if (isFinal(record.run.status) || batch.closedAtMs !== undefined) return undefined
  const operation = permittedOperation(record.operation, decision)
  if (operation.kind !== 'batch.run') return undefined

  const secrets = secretsOf(operation)
  const { traceparent } = batch
  const span = (secrets.length === 0 ? sink : redactingSink(sink, { secrets })).startSpan({
    name: 'batch.slot',
    type: 'span',
    traceparent,
    organization,
    metadata: { run, slot },
  })
  const work: Work = {
    ...signals,
    services,
    handle: createRunHandle(stores.runs, { claimed: record, now: () => clock.now() }),
    run,
    organization,
    operation,
    resumed: false,
    output: createOutputLog({ events: stores.events, organization, run, clock, keptBytes: limits.keptOutputBytes }),
    span,
  }
  return { batch, decision, operation, work, span }
}
