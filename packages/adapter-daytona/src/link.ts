import { type CallOptions, isSandboxError, SandboxError, type SandboxId } from '@caisson/core'
import type { Machine } from './cloud.ts'
import type { Context } from './context.ts'
import { toInfo } from './labels.ts'
import type { Subject } from './map-error.ts'

/** A way to one sandbox. */
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
  readonly explain: (error: unknown) => Promise<unknown>
  /** The sandbox as Daytona knows it now. One that is over is `sandbox-not-found`. */
  readonly look: (options?: CallOptions) => Promise<Machine>
  /** Rejects every further call. */
  readonly close: (reason: SandboxError) => void
}

/** They may mean that the sandbox is gone. */
const unclear: ReadonlySet<string> = new Set(['timeout', 'unavailable', 'provider', 'conflict', 'sandbox-not-found'])

export function createLink({ cloud, name, namespace }: Context, id: SandboxId, made?: Machine): Link {
  const closing = new AbortController()
  let opened = made === undefined ? undefined : Promise.resolve(made)

  const look = async (options?: CallOptions): Promise<Machine> => {
    if (closing.signal.aborted) throw closing.signal.reason
    const machine = await cloud.call('sandbox', options, async () => await cloud.sdk.get(id))
    if (toInfo(name, namespace, machine) !== undefined) return machine
    throw new SandboxError('sandbox-not-found', name, `sandbox ${id} is over, or not of this namespace`)
  }

  async function explain(error: unknown): Promise<unknown> {
    if (closing.signal.aborted) return closing.signal.reason
    if (!isSandboxError(error) || !unclear.has(error.code)) return error
    try {
      await look()
    } catch (found) {
      return isSandboxError(found) && found.code === 'sandbox-not-found' ? found : error
    }
    if (error.code !== 'sandbox-not-found') return error
    return new SandboxError('unavailable', name, 'the sandbox runs, and a call about it broke off', { cause: error })
  }

  return {
    adapter: name,
    id,
    look,
    explain,
    close: (reason) => closing.abort(reason),
    call: async (subject, options, request) => {
      if (closing.signal.aborted) throw closing.signal.reason
      try {
        return await cloud.call(subject, options, async (signal) => {
          opened ??= look()
          opened.catch(() => (opened = undefined))
          return await request(await opened, signal)
        })
      } catch (error) {
        const isOwn =
          isSandboxError(error) && (error.code === 'cancelled' || (options?.deadline ?? Infinity) <= Date.now())
        throw isOwn ? error : await explain(error)
      }
    },
  }
}
