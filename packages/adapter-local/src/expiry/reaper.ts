import { setTimeout as delay } from 'node:timers/promises'
import { openContext } from '../launch/open-context.ts'
import { readRecords } from '../record/store.ts'
import { type Tier, tierSchema } from '../tier.ts'
import { remainingMs } from './remaining-ms.ts'
import { sweep } from './sweep.ts'

/** Longest sleep: another process may have made a sandbox, or moved an end nearer, and have died since. */
const longestMs = 2000

/**
 * The program that a last will starts. It ends the sandboxes of one state directory when their time is over, and itself when none is left
 * that ends by itself.
 */
async function reap(tier: Tier, stateDirectory: string): Promise<void> {
  const context = await openContext({ tier, stateDirectory })
  for (;;) {
    await sweep(context)
    const ends = (await readRecords(context.store)).flatMap((record) => {
      if (record.state === 'preparing') return [longestMs]
      const leftMs = remainingMs(record)
      return leftMs <= 0 && record.onExpiry === 'pause' ? [] : [leftMs]
    })
    if (ends.length === 0) return
    await delay(Math.max(1, Math.min(longestMs, ...ends)))
  }
}

const [tier, stateDirectory] = process.argv.slice(2)
if (stateDirectory !== undefined) await reap(tierSchema.parse(tier), stateDirectory)
