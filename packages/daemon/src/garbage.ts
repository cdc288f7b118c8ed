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
