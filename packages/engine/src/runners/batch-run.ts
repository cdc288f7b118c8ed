import { type Artifact, type OperationOf, toErrorData } from '@caisson/core'
import { sandboxFailed } from '../adapters/goes-elsewhere.ts'
import { throwIfStopped } from '../runs/stopped.ts'
import type { Workplace } from '../way/in-sandbox.ts'
import { asJson } from './as-json.ts'
import { explainLimit } from './explain-limit.ts'
import { createItemQueue, type ItemQueue } from './item-queue.ts'
import { refuseResumption } from './refuse-resumption.ts'
import { runItem } from './run-item.ts'
import type { RunnerContext, RunnerResult } from './runner.ts'
import { prepareTask, type Task } from './task.ts'
import { workDirectory } from './workspace.ts'

interface Batch {
  readonly context: RunnerContext
  readonly task: Task
  readonly patterns: readonly string[]
  readonly queue: ItemQueue
  readonly artifacts: Artifact[]
  readonly tell: () => Promise<void>
}

/**
 * The same code for every item, in as many sandboxes as may run at one time. A sandbox serves one item after the other, so items share
 * its working directory. When it is lost, the item in flight is tried once more in a new one.
 */
export async function batchRun(operation: OperationOf<'batch.run'>, context: RunnerContext): Promise<RunnerResult> {
  refuseResumption(context)
  const { task, items, concurrency } = operation.input
  const queue = createItemQueue(items, context.limits.contentBytes)
  const batch: Batch = {
    context,
    task: { kind: 'code.execute', input: task },
    patterns: task.artifacts,
    queue,
    artifacts: [],
    tell: createProgress(context, queue),
  }
  const workers = Array.from({ length: Math.min(concurrency, items.length) }, (_, index) => work(batch, String(index)))
  const settled = await Promise.allSettled(workers)
  throwIfStopped(context.stop)

  const failed = settled.find((result) => result.status === 'rejected')
  if (failed !== undefined && queue.done() === 0) throw failed.reason
  const late = context.now() >= context.endsAtMs
  const outcome = queue.isEmpty() ? undefined : late ? ({ kind: 'timed-out' } as const) : undefined
  const results = queue.results()
  const succeeded = results.filter((result) => result.succeeded).length
  return {
    succeeded: succeeded === items.length,
    outcome,
    value: asJson({ total: items.length, succeeded, failed: items.length - succeeded, items: results }),
    artifacts: batch.artifacts,
    error:
      outcome === undefined
        ? failed === undefined
          ? undefined
          : toErrorData(failed.reason)
        : explainLimit(outcome, { timeoutMs: operation.timeoutMs, outputBytes: 0 }),
  }
}

async function work(batch: Batch, slot: string): Promise<void> {
  const { context, queue } = batch
  while (!queue.isEmpty() && isInTime(context)) {
    await context.inSandbox({ slot, repeatable: false }, async (workplace) => {
      await prepareTask(context, workplace, { task: batch.task, field: 'input.task' })
      workplace.begin()
      await serve(batch, workplace, slot)
    })
  }
}

/** Takes items until there are none, or until the sandbox is lost. */
async function serve(batch: Batch, workplace: Workplace, slot: string): Promise<void> {
  const { context, queue, task, patterns } = batch
  for (let item = queue.next(); item !== undefined; item = isInTime(context) ? queue.next() : undefined) {
    try {
      queue.finish(item, await runItem(context, workplace, { item, task }))
    } catch (error) {
      throwIfStopped(context.stop)
      const lost = sandboxFailed(error)
      if (!lost || !queue.retry(item)) queue.finish(item, { succeeded: false, error: toErrorData(error) })
      if (lost) return
    }
    await batch.tell()
  }
  const prefix = `${slot}/`
  const { artifacts } = await context.collect(workplace.sandbox, { directory: workDirectory, patterns, prefix })
  batch.artifacts.push(...artifacts)
}

function isInTime({ cancel, now, endsAtMs }: RunnerContext): boolean {
  return !cancel.aborted && now() < endsAtMs
}

const progressMs = 100

function createProgress(context: RunnerContext, queue: ItemQueue): () => Promise<void> {
  let toldAtMs = 0
  return async () => {
    const nowMs = context.now()
    const [done, total] = [queue.done(), queue.total]
    if (done < total && nowMs - toldAtMs < progressMs) return
    toldAtMs = nowMs
    await context.progress(done, total)
  }
}
