import { orAborted } from '@caisson/adapter-kit'
import { type CallOptions, isSandboxError, SandboxError } from '@caisson/core'
import { createCallScope } from '@caisson/daemon-client'
import { adapterName } from './adapter-name.ts'

/** Does it, unless the caller's signal or deadline comes first. A call that comes too late changes nothing. Errors name the adapter. */
export async function within<T>(
  options: CallOptions | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  adapter: string = adapterName,
): Promise<T> {
  using scope = createCallScope(adapter, options ?? {})
  try {
    return await orAborted(scope.signal, work)
  } catch (error) {
    throw namedAfter(adapter, error)
  }
}

/** The tiers are one program, and two adapters to whoever looks from outside. */
export function namedAfter(adapter: string, error: unknown): unknown {
  if (!isSandboxError(error) || error.adapter === adapter) return error
  const { code, message, field, remedy, retryable, retryAfterMs, cause } = error
  return new SandboxError(code, adapter, message, { field, remedy, retryable, retryAfterMs, cause })
}
