import { type Artifact, OperationError, toErrorData } from '@caisson/core'
import type { BatchItem, BatchKey } from '../ports/batch-store.ts'
import { asJson } from '../runners/as-json.ts'
import type { Json } from '../runners/runner.ts'
import type { Services } from '../services.ts'

const pageSize = 500

/** What became of all items, in order, as far as it fits into the value of a run. The store keeps the whole of it. */
export async function batchValue(
  { stores, limits }: Services,
  key: BatchKey,
): Promise<{ readonly value: Json; readonly artifacts: readonly Artifact[] }> {
  const items: Json[] = []
  const artifacts: Artifact[] = []
  let room = limits.contentBytes
  let succeeded = 0
  for (;;) {
    const page = await stores.batches.items(key, { after: items.length - 1, limit: pageSize })
    for (const item of page) {
      room -= Buffer.byteLength(JSON.stringify([item.result ?? null, item.stderr ?? null]))
      if (item.state === 'succeeded') succeeded += 1
      items.push(valueOf(item, room >= 0, limits.contentBytes))
      artifacts.push(...(item.artifacts ?? []))
    }
    if (page.length < pageSize) break
  }
  const total = items.length
  return { value: { total, succeeded, failed: total - succeeded, items }, artifacts }
}

function valueOf(
  { state, attempts, outcome, result, stderr, error }: BatchItem,
  fits: boolean,
  limitBytes: number,
): Json {
  const succeeded = state === 'succeeded'
  const tries = attempts > 1 ? { attempts } : {}
  if (!fits) {
    const omitted = `the results in the value of a batch are limited to ${limitBytes} bytes; its items have the rest`
    return asJson({ succeeded, outcome, error, ...tries, omitted })
  }
  const isUntried = state === 'cancelled' && outcome === undefined && error === undefined
  const reason = isUntried ? toErrorData(new OperationError('cancelled', 'the batch ended before this item')) : error
  return asJson({ succeeded, outcome, result, stderr, error: reason, ...tries })
}
