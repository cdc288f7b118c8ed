import { setTimeout as delay } from 'node:timers/promises'

/** Resolves when the condition holds; rejects when it did not for half a minute. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const endsAtMs = Date.now() + 30_000
  while (!(await condition())) {
    if (Date.now() > endsAtMs) throw new Error('the condition did not come true in time')
    await delay(50)
  }
}
