import { type CallOptions, isSandboxError, SandboxError, type SandboxId } from '@caisson/core'
import type { Machine, VendorInfo } from './cloud.ts'
import type { Context } from './context.ts'
import type { Subject } from './map-error.ts'

/** A way to one sandbox, opened when it is first needed: E2B's own `connect` would wake a sandbox that is paused. */
export interface Link {
  readonly adapter: string
  readonly id: SandboxId
  /** One call of the SDK about the sandbox. A failure is told by what has become of the sandbox. */
  readonly call: <Value>(
    subject: Subject,
    options: CallOptions | undefined,
    request: (machine: Machine, signal: AbortSignal) => Promise<Value>,
  ) => Promise<Value>
  /** What a failure that came outside of a call means. */
  readonly explain: (error: unknown, subject: Subject) => Promise<unknown>
  /** The sandbox as E2B knows it. */
  readonly look: (options?: CallOptions) => Promise<VendorInfo>
  /** Rejects every further call. */
  readonly close: (reason: SandboxError) => void
  readonly closed: AbortSignal
}

/** Connecting may only prolong a life, so the shortest that there is changes nothing. */
const noProlongingMs = 1000

export function createLink(context: Context, id: SandboxId, made?: Machine): Link {
  const { cloud, name } = context
  const closing = new AbortController()
  let opened = made === undefined ? undefined : Promise.resolve(made)

  const look = async (options?: CallOptions): Promise<VendorInfo> => {
    if (closing.signal.aborted) throw closing.signal.reason
    return await cloud.call('sandbox', options, async (signal) => await cloud.Machine.getInfo(id, { signal }))
  }

  async function open(): Promise<Machine> {
    if ((await look()).state === 'paused') throw paused(name, id)
    return await cloud.call('sandbox', undefined, async (signal) => {
      return await cloud.Machine.connect(id, { timeoutMs: noProlongingMs, signal })
    })
  }

  /** E2B has one failure for a sandbox that is over, one that is paused and a connection that broke. */
  async function explain(error: unknown, subject: Subject): Promise<unknown> {
    if (closing.signal.aborted) return closing.signal.reason
    if (!isSandboxError(error) || !['timeout', 'unavailable', 'provider', 'sandbox-not-found'].includes(error.code))
      return error
    try {
      const { state } = await look()
      if (state === 'paused') return paused(name, id, error)
      if (error.code !== 'sandbox-not-found' && error.code !== 'timeout') return error
      return new SandboxError('unavailable', name, `the sandbox runs, and the call about its ${subject} broke off`, {
        cause: error,
      })
    } catch (found) {
      return isSandboxError(found) && found.code === 'sandbox-not-found' ? found : error
    }
  }

  return {
    adapter: name,
    id,
    look,
    explain,
    close: (reason) => closing.abort(reason),
    closed: closing.signal,
    call: async (subject, options, request) => {
      if (closing.signal.aborted) throw closing.signal.reason
      try {
        return await cloud.call(subject, options, async (signal) => {
          opened ??= open()
          opened.catch(() => (opened = undefined))
          return await request(await opened, signal)
        })
      } catch (error) {
        const isOwn =
          isSandboxError(error) && (error.code === 'cancelled' || (options?.deadline ?? Infinity) <= Date.now())
        throw isOwn ? error : await explain(error, subject)
      }
    },
  }
}

function paused(adapter: string, id: SandboxId, cause?: unknown): SandboxError {
  return new SandboxError('conflict', adapter, `sandbox ${id} is paused`, { remedy: 'resume it first', cause })
}
