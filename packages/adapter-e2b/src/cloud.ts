import { orAborted } from '@caisson/adapter-kit'
import { type CallOptions, isSandboxError } from '@caisson/core'
import { createCallScope } from '@caisson/daemon-client'
import { Sandbox as VendorSandbox, type SandboxInfo as VendorInfo, type SandboxPaginator } from '@e2b/code-interpreter'
import { mapError, type Subject } from './map-error.ts'
import { hearing } from './retry-after.ts'

/** Where E2B is, and whose key to use there. */
export interface Connection {
  readonly apiKey: string
  readonly domain?: string | undefined
  readonly apiUrl?: string | undefined
  readonly sandboxUrl?: string | undefined
}

const codePort = 49_999
/** What the control plane may take for one call. Creating a sandbox and pausing it belong to it. */
const callMs = 120_000

/** E2B's own class, and what of it its users are not shown: the address of the code interpreter and the headers that open it. */
export class Machine extends VendorSandbox {
  /** Under which a port is served. A cloud that is reached without TLS serves its ports without, too. */
  address(port: number): string {
    const scheme = this.connectionConfig.sandboxUrl?.startsWith('http:') === true ? 'http' : 'https'
    return `${scheme}://${this.getHost(port)}`
  }

  codeAddress(path: string): { readonly url: string; readonly headers: Readonly<Record<string, string>> } {
    return {
      url: `${this.jupyterUrl}${path}`,
      headers: {
        'E2b-Sandbox-Id': this.sandboxId,
        'E2b-Sandbox-Port': String(codePort),
        ...(this.trafficAccessToken === undefined ? {} : { 'E2B-Traffic-Access-Token': this.trafficAccessToken }),
        ...(this.envdAccessToken === undefined ? {} : { 'X-Access-Token': this.envdAccessToken }),
      },
    }
  }
}

type BoundMachine = typeof Machine

export type { VendorInfo }

/** E2B's SDK, bound to one connection, with failures in our words. */
export interface Cloud {
  readonly Machine: BoundMachine
  /** One call of the SDK, within the caller's signal and deadline. `signal` is for SDK calls that take one. */
  readonly call: <Value>(
    subject: Subject,
    options: CallOptions | undefined,
    request: (signal: AbortSignal) => Promise<Value>,
  ) => Promise<Value>
  readonly list: (metadata: Readonly<Record<string, string>>) => SandboxPaginator
}

export function createCloud(adapter: string, { apiKey, domain = 'e2b.app', apiUrl, sandboxUrl }: Connection): Cloud {
  class Bound extends Machine {
    protected static override readonly boundOpts = {
      apiKey,
      domain,
      apiUrl: apiUrl ?? `https://api.${domain}`,
      ...(sandboxUrl === undefined ? {} : { sandboxUrl }),
      debug: false,
      validateApiKey: false,
      // Whether to wait, and for how long, is for whoever asked.
      retries: 0,
    }
  }
  return {
    Machine: Bound,
    call: async (subject, options, request) => {
      using scope = createCallScope(adapter, options ?? {}, callMs)
      return await hearing(async (heard) => {
        try {
          return await orAborted(scope.signal, request)
        } catch (error) {
          if (scope.signal.aborted) throw scope.signal.reason
          throw isSandboxError(error) ? error : mapError(adapter, error, { subject, retryAfterMs: heard.retryAfterMs })
        }
      })
    },
    list: (metadata) => Bound.list({ query: { metadata: { ...metadata } }, limit: 100 }),
  }
}
