import { type CallOptions, isSandboxError, SandboxError } from '@caisson/core'
import { SystemError } from './files/system-error.ts'

/** Wraps what a call does: errors become the contract's, and the caller's signal, deadline and `gone` end the waiting. */
export type Guard = <Result>(options: CallOptions | undefined, work: () => Promise<Result> | Result) => Promise<Result>

export function createGuard(
  adapter: string,
  gone?: { readonly promise: Promise<void>; readonly is: () => boolean },
): Guard {
  const notFound = (): SandboxError => new SandboxError('sandbox-not-found', adapter, 'the sandbox is gone')
  return async (options, work) => {
    if (gone?.is() === true) throw notFound()
    if (options?.signal?.aborted === true) throw cancelled(adapter, options.signal)
    const remainingMs = options?.deadline === undefined ? undefined : options.deadline - Date.now()
    if (remainingMs !== undefined && remainingMs <= 0) throw late(adapter)

    const interruption = Promise.withResolvers<never>()
    const abort = (): void => interruption.reject(cancelled(adapter, options?.signal))
    options?.signal?.addEventListener('abort', abort, { once: true })
    const timer =
      remainingMs === undefined ? undefined : setTimeout(() => interruption.reject(late(adapter)), remainingMs)
    void gone?.promise.then(() => interruption.reject(notFound()))
    interruption.promise.catch(() => undefined)
    try {
      return await Promise.race([(async () => await work())(), interruption.promise])
    } catch (error) {
      throw toSandboxError(adapter, error)
    } finally {
      options?.signal?.removeEventListener('abort', abort)
      clearTimeout(timer)
    }
  }
}

function toSandboxError(adapter: string, error: unknown): SandboxError {
  if (isSandboxError(error)) return error
  if (error instanceof SystemError) {
    return new SandboxError(error.code, adapter, error.message, {
      cause: error,
      ...(error.code === 'invalid-argument' ? { field: 'path' } : {}),
    })
  }
  return new SandboxError('provider', adapter, error instanceof Error ? error.message : String(error), { cause: error })
}

function cancelled(adapter: string, signal: AbortSignal | undefined): SandboxError {
  return new SandboxError('cancelled', adapter, 'the call was given up', { cause: signal?.reason })
}

function late(adapter: string): SandboxError {
  return new SandboxError('timeout', adapter, 'the deadline has passed')
}
