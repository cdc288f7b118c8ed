import { type ByteChannel, type EgressPolicy, SandboxError } from '@caisson/core'

/** Connects to the world outside, where a test provides one. */
export type Network = (host: string, port: number) => Promise<ByteChannel>

export interface Egress {
  readonly connect: Network
  /** Cuts the open connections that the new policy does not allow. */
  readonly replace: (policy: EgressPolicy) => void
}

export function createEgress(adapter: string, initial: EgressPolicy, network: Network | undefined): Egress {
  let policy = initial
  const open = new Map<AbortController, { readonly host: string; readonly port: number }>()

  const allows = (host: string, port: number): boolean =>
    policy.mode === 'allow' &&
    policy.rules.some(
      (rule) => rule.host === host && rule.port === port && (rule.allowPrivateAddress === true || !isPrivate(host)),
    )

  return {
    connect: async (host, port) => {
      if (network === undefined || !allows(host, port)) {
        throw new SandboxError('permission-denied', adapter, `the egress policy does not allow ${host}:${port}`)
      }
      const channel = await network(host, port)
      const cut = new AbortController()
      open.set(cut, { host, port })
      const options = { signal: cut.signal }
      const outgoing = new TransformStream<Uint8Array, Uint8Array>()
      outgoing.readable.pipeTo(channel.writable, options).catch(() => undefined)
      return {
        readable: channel.readable.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), options),
        writable: outgoing.writable,
      }
    },
    replace: (next) => {
      policy = next
      for (const [cut, { host, port }] of open) {
        if (allows(host, port)) continue
        open.delete(cut)
        cut.abort()
      }
    },
  }
}

/** As a resolver would answer for the names that a test can use. */
function isPrivate(host: string): boolean {
  return host === 'localhost' || /^(?:127|10|192\.168|169\.254)\./.test(host)
}
