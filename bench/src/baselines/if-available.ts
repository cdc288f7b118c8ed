/** A baseline, or the reason why this machine has none. What is there goes with `stack`. */
export async function ifAvailable<Baseline extends AsyncDisposable>(
  stack: AsyncDisposableStack,
  missing: string[],
  open: () => Promise<Baseline>,
): Promise<Baseline | undefined> {
  try {
    return stack.use(await open())
  } catch (error) {
    missing.push(error instanceof Error ? error.message.trim() : String(error))
    return undefined
  }
}
