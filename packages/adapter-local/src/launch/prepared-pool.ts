import { hostTemplate } from '../template/template.ts'
import type { Context } from './context.ts'
import { endSandbox } from './end-sandbox.ts'
import { type Ground, prepare, type Prepared } from './prepare.ts'

/** Ground that was prepared before anybody asked, so that a creation has only its quick half left. */
export interface PreparedPool {
  /** Prepared ground of exactly this kind: from stock, else made now. */
  readonly take: (context: Context, ground: Ground) => Promise<Prepared>
  /** Fills the stock up again, for later. */
  readonly refill: (context: Context, ground: Ground) => void
  /** Takes all of the stock away. */
  readonly close: () => Promise<void>
}

interface Stocked {
  readonly context: Context
  readonly prepared: Prepared
}

export function createPreparedPool(size: number): PreparedPool {
  let stock: readonly Stocked[] = []
  const busy = new Set<Promise<unknown>>()
  let making = 0
  let open = true

  /** Nobody waits for it but `close`. A creation that finds no stock says what is wrong. */
  const inBackground = (work: Promise<unknown>): void => {
    const settled = work.catch(() => undefined).finally(() => busy.delete(settled))
    busy.add(settled)
  }

  const make = async (context: Context, ground: Ground): Promise<void> => {
    making += 1
    try {
      const prepared = await prepare(context, ground)
      prepared.launcher.hold(false)
      stock = [...stock, { context, prepared }]
    } finally {
      making -= 1
    }
  }

  return {
    take: async (context, ground) => {
      if (!isKept(ground)) return await prepare(context, ground)
      const [found, ...rest] = stock.filter((each) => fits(each, ground))
      // What does not fit the latest creation makes room for what does.
      for (const each of stock) if (!fits(each, ground)) inBackground(abandon(each))
      stock = rest
      if (found === undefined) return await prepare(context, ground)
      found.prepared.launcher.hold(true)
      return found.prepared
    },
    refill: (context, ground) => {
      if (open && isKept(ground) && stock.length + making < size) inBackground(make(context, ground))
    },
    close: async () => {
      open = false
      await Promise.all(busy)
      await Promise.all(stock.map(abandon))
      stock = []
    },
  }
}

async function abandon({ context, prepared }: Stocked): Promise<void> {
  await prepared.launcher.abandon()
  await endSandbox(context, prepared.record.id)
}

/** Other templates are rare, and each would need stock of its own. */
function isKept({ template }: Ground): boolean {
  return template.name === hostTemplate
}

function fits({ prepared }: Stocked, wanted: Ground): boolean {
  const { ground, launcher } = prepared
  return (
    ground.layer === wanted.layer &&
    ground.diskBytes === wanted.diskBytes &&
    ground.daemonBuild === wanted.daemonBuild &&
    launcher.isAlive()
  )
}
