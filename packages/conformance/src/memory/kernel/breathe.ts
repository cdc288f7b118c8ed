const longestTurnMs = 8

let turnStartedAtMs = 0

/** Lets timers and I/O have their turn when programs have kept the event loop for long enough. */
export async function breathe(): Promise<void> {
  if (performance.now() - turnStartedAtMs < longestTurnMs) return
  await new Promise((resolve) => setImmediate(resolve))
  turnStartedAtMs = performance.now()
}
