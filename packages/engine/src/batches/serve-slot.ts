import { compareIsolation, type Decision, minuteMs, secondMs, toErrorData } from '@caisson/core'
import { removeLeftovers } from '../leases/remove-leftovers.ts'
import { release } from '../leases/release.ts'
import type { BatchSlot, SlotOutcome } from '../ports/batch-board.ts'
import type { Services } from '../services.ts'
import { inSandbox } from '../way/in-sandbox.ts'
import { runnerContext } from '../way/runner-context.ts'
import type { RunnerContext } from '../runners/runner.ts'
import { type HeldItem, holdItem } from './hold-item.ts'
import { mayHaveRoomLater } from './item-verdict.ts'
import { type OpenSlot, openSlot } from './open-slot.ts'
import { prepareReset } from './reset-sandbox.ts'
import { tryItem } from './try-item.ts'

/** When nothing is due yet. */
const idleMs = secondMs
/** When there was no room and nobody said when there will be. */
const crowdedMs = 2 * secondMs
const longestWaitMs = minuteMs
/** How long what is broken off may take to end by itself. */
const graceMs = 5 * secondMs

/** Takes one item of a batch after the other, in a sandbox that is reset in between, until none is due. */
export async function serveSlot(services: Services, slot: BatchSlot, signal: AbortSignal): Promise<SlotOutcome> {
  const { batches } = services.stores
  const stop = new AbortController()
  const onEnd = () => setTimeout(() => stop.abort(), graceMs).unref()
  signal.addEventListener('abort', onEnd, { once: true })
  const open = await openSlot(services, slot, { cancel: signal, stop: stop.signal })
  if (open === undefined) return 'over'
  try {
    await releaseForerunner(open, slot)
    const terms: Terms = { mayReset: maySandboxBeReset(open.decision) }
    let held = await nextItem(open, slot)
    while (held !== undefined) {
      const next = await serve(open, slot, { first: held, terms })
      if (next === 'over' || (next !== undefined && 'againInMs' in next)) return next
      held = next
    }
    const batch = await batches.get(slot)
    const left = batch === undefined ? 0 : batch.counts.waiting + batch.counts.running
    return left === 0 || batch?.closedAtMs !== undefined ? 'over' : { againInMs: idleMs }
  } finally {
    signal.removeEventListener('abort', onEnd)
    await open.work.output.flush().catch(() => undefined)
    open.span.end()
  }
}

/** Whoever served the slot before and died may have left a sandbox in which an item still runs. */
async function releaseForerunner({ work }: OpenSlot, { slot }: BatchSlot): Promise<void> {
  const leases = await work.services.stores.leases.listByRun(work.organization, work.run)
  for (const lease of leases) {
    if (lease.slot !== slot || lease.endedAtMs !== undefined) continue
    const entry = work.services.adapters.get(lease.adapter)
    if (lease.sandbox === undefined && entry !== undefined) await removeLeftovers(work, entry.adapter, lease)
    await release(work, { lease, keep: false })
  }
}

async function nextItem({ work, batch }: OpenSlot, slot: BatchSlot): Promise<HeldItem | undefined> {
  const { services, cancel } = work
  if (cancel.aborted || services.clock.now() >= batch.endsAtMs) return undefined
  return await holdItem(services, slot)
}

interface Terms {
  /** What one sandbox of a batch cannot, the next one cannot either. */
  mayReset: boolean
}

/** Items in one sandbox. Gives the item that is to be gone on with in another one, if there is one. */
async function serve(
  open: OpenSlot,
  slot: BatchSlot,
  { first, terms }: { readonly first: HeldItem; readonly terms: Terms },
): Promise<HeldItem | SlotOutcome | undefined> {
  const { work, decision, batch } = open
  const context: RunnerContext = { ...runnerContext(work, decision), endsAtMs: batch.endsAtMs }
  let begun = false
  try {
    return await inSandbox(work, decision, { slot: slot.slot, repeatable: true }, async (workplace) => {
      const reset = terms.mayReset ? await prepareReset(context, workplace.sandbox) : undefined
      terms.mayReset = reset !== undefined
      const onBegin = () => {
        begun = true
        workplace.begin()
      }
      let held = first
      for (;;) {
        const sandbox = await tryItem(open, context, workplace, { held, onBegin, isFirst: held === first })
        const next = await nextItem(open, slot)
        if (next === undefined) return undefined
        // A reset that fails for whatever reason leaves the item to a new sandbox.
        const isClean = sandbox === 'there' && reset !== undefined && (await reset().catch(() => false))
        if (!isClean) return next
        held = next
      }
    })
  } catch (error) {
    if (begun) throw error
    first[Symbol.dispose]()
    await work.services.stores.batches.leave(slot, first.item)
    if (work.cancel.aborted) return undefined
    return await notServed(open, slot, error)
  }
}

/** A reset ends all that it can reach, which has to be the sandbox and no more. What is not reset serves one item only. */
function maySandboxBeReset({ candidates }: Decision): boolean {
  return candidates.every(
    ({ verdict, isolation }) => verdict === 'rejected' || compareIsolation(isolation, 'container') >= 0,
  )
}

async function notServed({ work }: OpenSlot, slot: BatchSlot, error: unknown): Promise<SlotOutcome> {
  const { batches } = work.services.stores
  const data = toErrorData(error)
  if (!mayHaveRoomLater(error)) {
    await batches.giveUp(slot, data)
    return 'over'
  }
  await batches.hinder(slot, data)
  return { againInMs: Math.min(longestWaitMs, Math.max(secondMs, data.retryAfterMs ?? crowdedMs)) }
}
