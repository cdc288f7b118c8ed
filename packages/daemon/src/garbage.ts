/** So much may pass through before what it left behind is cleared away. */
const collectAfterBytes = 4 * 1024 * 1024
let passedBytes = 0

/**
 * Counts bytes that passed through buffers which are garbage now. Left alone, the collector lets a fast stream fill 100 MB with them,
 * which in a small sandbox would be taken from the code that runs there.
 */
export function notePassed(bytes: number): void {
  passedBytes += bytes
  if (passedBytes < collectAfterBytes) return
  passedBytes = 0
  Bun.gc(true)
}

/** Nothing was asked for this long: time to clear up. */
const idleMs = 500
let idle: Timer | undefined

/** To be told of everything that happens. When nothing does any more, what is not needed goes back to the system: most sandboxes wait most of the time. */
export function noteActivity(): void {
  if (idle === undefined) idle = setTimeout(clear, idleMs)
  else idle.refresh()
}

function clear(): void {
  Bun.gc(true)
  Bun.shrink()
}
