import {
  type ByteChannel,
  decodeText,
  egressHeadersOf,
  type EgressPolicy,
  encodeText,
  SandboxError,
} from '@caisson/core'

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
      const outgoing = puttingHeaders(policy, host)
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

/** Puts the headers of the policy into the first request. Those of tests come in one piece, and name their host exactly. */
function puttingHeaders(policy: EgressPolicy, host: string): TransformStream<Uint8Array, Uint8Array> {
  const set = Object.entries(egressHeadersOf(policy).find((rule) => rule.host === host)?.set ?? {})
  let isFirst = set.length > 0
  return new TransformStream<Uint8Array, Uint8Array>({
    transform: (bytes, controller) => {
      if (!isFirst) return controller.enqueue(bytes)
      isFirst = false
      const names = set.map(([name]) => `${name.toLowerCase()}:`)
      const [start = '', ...lines] = decodeText(bytes).split('\r\n')
      const kept = lines.filter((line) => !names.some((name) => line.toLowerCase().startsWith(name)))
      const put = set.map(([name, value]) => `${name}: ${value}`)
      controller.enqueue(encodeText([start, ...put, ...kept].join('\r\n')))
    },
  })
}
