import type { BatchItem, BatchProgress } from '@caisson/api/schemas'
import type { Batch, BatchItem as StoredItem } from '@caisson/engine'

/** A batch as callers see it. */
export function progressOf(batch: Batch): BatchProgress {
  const { run, total, counts, retries, hindrance, failure, createdAtMs, endsAtMs, closedAtMs } = batch
  const isOver = counts.waiting + counts.running === 0
  const isPaused = !isOver && hindrance !== undefined
  return {
    run,
    state: isOver ? 'over' : isPaused && counts.running === 0 ? 'paused' : 'running',
    total,
    counts,
    retries,
    ...(isPaused ? { paused: hindrance } : {}),
    failure,
    createdAtMs,
    endsAtMs,
    closedAtMs,
  }
}

/** An item as callers see it. */
export function plainItem({ artifacts, ...item }: StoredItem): BatchItem {
  return artifacts === undefined ? item : { ...item, artifacts: [...artifacts] }
}
