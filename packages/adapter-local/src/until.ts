import { setTimeout as delay } from 'node:timers/promises'

const patienceMs = 30_000

/** Asks again, a little later each time, until the answer is yes. Throws `complaint` after half a minute. */
export async function until(done: () => Promise<boolean>, complaint: string): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (let pauseMs = 1; !(await done()); pauseMs = Math.min(pauseMs * 2, 50)) {
    if (performance.now() > deadline) throw new Error(complaint)
    await delay(pauseMs)
  }
}
