/**
 * Unwinds the work on a run without an end: the engine closes, or another one has taken the run over. The run, its processes and its
 * sandboxes are left as they are.
 */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

export function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new Stopped('the work on the run was given up')
}
