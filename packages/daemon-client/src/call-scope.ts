import { type CallOptions, SandboxError } from '@caisson/core'

/** Ends a call for the first of: the caller's signal, its deadline, or the default limit. Dispose it when the call is over. */
export interface CallScope extends Disposable {
  /** Aborts with the `SandboxError` that says why. */
  readonly signal: AbortSignal
  /** Replaces the default limit by one that starts now, or by none. The caller's signal and deadline go on to count. */
  readonly limit: (limitMs: number | undefined) => void
}

/** A timer of more than 31 bits would fire at once; 24 days are as good as no limit. */
const longestTimerMs = 0x7fff_ffff

export function createCallScope(adapter: string, { signal, deadline }: CallOptions, defaultMs?: number): CallScope {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const expire = () => controller.abort(tookTooLong(adapter))
  const cancel = () => controller.abort(givenUp(adapter))
  const start = (limitMs: number | undefined) => {
    clearTimeout(timer)
    if (limitMs !== undefined && limitMs <= longestTimerMs) timer = setTimeout(expire, Math.max(limitMs, 0))
  }
  if (signal?.aborted === true) cancel()
  else if (deadline !== undefined && deadline <= Date.now()) expire()
  else start(deadline === undefined ? defaultMs : deadline - Date.now())
  signal?.addEventListener('abort', cancel, { once: true })
  return {
    signal: controller.signal,
    limit: (limitMs) => {
      if (deadline === undefined) start(limitMs)
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
    },
  }
}

export function tookTooLong(adapter: string): SandboxError {
  return new SandboxError('timeout', adapter, 'the call took longer than it may')
}

export function givenUp(adapter: string): SandboxError {
  return new SandboxError('cancelled', adapter, 'the call was given up by its caller')
}
