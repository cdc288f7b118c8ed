import { orAborted } from '@caisson/adapter-kit'
import { type CallOptions, isSandboxError } from '@caisson/core'
import { createCallScope } from '@caisson/daemon-client'
import { Daytona, type Sandbox as Machine } from '@daytonaio/sdk'
import { mapError, type Subject } from './map-error.ts'

export type { Machine }

/** Where Daytona is, and whose key to use there. */
export interface Connection {
  readonly apiKey: string
  readonly apiUrl: string
  readonly target: string
}

/** What one call may take. Making a sandbox and deleting it belong to it. */
const callMs = 180_000

/** Daytona's SDK, bound to one connection, with failures in our words. */
export interface Cloud {
  readonly sdk: Daytona
  /** One call of the SDK, within the caller's signal and deadline. The SDK takes no signal: what is given up goes on there, and is heard by nobody. */
  readonly call: <Value>(
    subject: Subject,
    options: CallOptions | undefined,
    request: (signal: AbortSignal) => Promise<Value>,
  ) => Promise<Value>
  readonly close: () => Promise<void>
}

export function createCloud(adapter: string, { apiKey, apiUrl, target }: Connection): Cloud {
  const sdk = new Daytona({
    apiKey,
    apiUrl,
    target,
    // Its events come over a connection of their own, which an idle process would keep; and its telemetry would take over that of the whole process.
    useDeprecatedPolling: true,
    otelEnabled: false,
  })
  return {
    sdk,
    call: async (subject, options, request) => {
      using scope = createCallScope(adapter, options ?? {}, callMs)
      try {
        return await orAborted(scope.signal, request)
      } catch (error) {
        if (scope.signal.aborted) throw scope.signal.reason
        throw isSandboxError(error) ? error : mapError(adapter, error, subject)
      }
    },
    close: async () => await sdk[Symbol.asyncDispose](),
  }
}
