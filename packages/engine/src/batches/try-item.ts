import { toErrorData } from '@caisson/core'
import { sandboxFailed } from '../adapters/goes-elsewhere.ts'
import type { ItemResult, TakenItem } from '../ports/batch-store.ts'
import { runItem } from '../runners/run-item.ts'
import type { RunnerContext } from '../runners/runner.ts'
import { prepareTask, type Task } from '../runners/task.ts'
import { workDirectory } from '../runners/workspace.ts'
import { throwIfStopped } from '../runs/stopped.ts'
import type { Workplace } from '../way/in-sandbox.ts'
import type { HeldItem } from './hold-item.ts'
import { mayTryAgain } from './item-verdict.ts'
import type { OpenSlot } from './open-slot.ts'
import { persist } from './persist.ts'

interface TryOptions {
  /** Disposed of at the end, unless a failure is thrown before anything happened. */
  readonly held: HeldItem
  /** Called when something of the item may have happened. */
  readonly onBegin: () => void
  /** Whether another sandbox is at hand when this one fails before that: then the failure is thrown, and nothing happened to the item. */
  readonly isFirst: boolean
}

/** One try of one item, and what follows from it for the item. Says whether the sandbox is still there. */
export async function tryItem(
  open: OpenSlot,
  context: RunnerContext,
  workplace: Workplace,
  { held, onBegin, isFirst }: TryOptions,
): Promise<'there' | 'lost'> {
  const { item } = held
  const inHand: RunnerContext = { ...context, cancel: AbortSignal.any([context.cancel, held.signal]) }
  let sandbox: 'there' | 'lost' = 'there'
  let begun = false
  let isHandedOn = false
  try {
    let tried: Tried
    try {
      await prepareTask(inHand, workplace, { task: taskOf(open, item.index), field: 'input.task' })
      begun = true
      onBegin()
      tried = await attempt(open, inHand, workplace, item)
    } catch (error) {
      throwIfStopped(context.stop)
      const isLost = sandboxFailed(error)
      isHandedOn = isFirst && !begun && isLost && !inHand.cancel.aborted
      if (isHandedOn) throw error
      onBegin()
      sandbox = isLost ? 'lost' : 'there'
      tried = { succeeded: false, error: toErrorData(error) }
    }
    const { clock, limits } = open.work.services
    const { stop } = context
    await persist(async () => await settle(open, context, held, tried), { clock, forMs: limits.claimMs, stop })
    await open.work.output.flush()
    return sandbox
  } finally {
    if (!isHandedOn) held[Symbol.dispose]()
  }
}

async function settle(open: OpenSlot, context: RunnerContext, held: HeldItem, tried: Tried): Promise<void> {
  const { batch, work, operation } = open
  const { batches } = work.services.stores
  const { item } = held
  const { succeeded, ...result } = tried
  const again = canRepeat(open, context, item) && mayTryAgain(result, operation.input.retry.permanentExitCodes)
  if (held.state() === 'lost') return
  if (succeeded) await batches.finish(batch, item, { state: 'succeeded', result })
  else if (held.state() === 'closed') await batches.finish(batch, item, { state: 'cancelled', result })
  else if (context.cancel.aborted) await batches.leave(batch, item)
  else if (again) await batches.putBack(batch, item, result)
  else await batches.finish(batch, item, { state: 'dead', result })
}

type Tried = ItemResult & { readonly succeeded: boolean }

async function attempt(
  { operation }: OpenSlot,
  context: RunnerContext,
  workplace: Workplace,
  { index, attempt: number }: TakenItem,
): Promise<Tried> {
  const { items, task, itemTimeoutMs = Infinity } = operation.input
  const leftMs = Math.max(1, context.endsAtMs - context.now())
  const tried = await runItem(context, workplace, {
    index,
    value: items[index] ?? null,
    attempt: number,
    task: { kind: 'code.execute', input: task },
    timeoutMs: Math.min(leftMs, itemTimeoutMs),
  })
  const { artifacts } = await context.collect(workplace.sandbox, {
    directory: workDirectory,
    patterns: task.artifacts,
    prefix: `${index}/`,
  })
  return artifacts.length === 0 ? tried : { ...tried, artifacts }
}

function canRepeat({ batch }: OpenSlot, { now }: RunnerContext, { attempt: number }: TakenItem): boolean {
  return number < batch.retry.attempts && now() < batch.endsAtMs
}

/** The task with the files of the item. */
function taskOf({ operation }: OpenSlot, index: number): Task {
  const { task, itemFiles } = operation.input
  return { kind: 'code.execute', input: { ...task, files: [...task.files, ...(itemFiles?.[index] ?? [])] } }
}
