import type { CallOptions } from '@caisson/core'
import { createCallScope } from '@caisson/daemon-client'
import { adapterName } from './adapter-name.ts'

/** Does it, unless the caller's signal or deadline comes first. A call that comes too late changes nothing. */
export async function within<T>(options: CallOptions | undefined, work: () => Promise<T>): Promise<T> {
  using scope = createCallScope(adapterName, options ?? {})
  const { signal } = scope
  signal.throwIfAborted()
  const { promise: given, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([work(), given])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
