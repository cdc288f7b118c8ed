import { isIP } from 'node:net'
import type { EgressHeaders, EgressPolicy, EgressRule } from '@caisson/core'
import { E2bError } from '../e2b-error.ts'
import type { Network } from '../sandboxes/record.ts'

/** What a sandbox must be able to reach, and what it is to reach where that can be had. */
export interface Egress {
  /** What the caller names. */
  readonly needed: Extract<EgressPolicy, { mode: 'allow' }>
  /** With the public internet, which E2B opens unless it is told otherwise. Absent: it is not wanted. */
  readonly wished?: EgressPolicy
}

const webPorts = [80, 443]
const mostRules = 100
const hostName = /^(?:\*\.)?(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.?$/
const everything: ReadonlySet<string> = new Set(['0.0.0.0/0', '::/0'])

/**
 * E2B's network options as a policy: what is allowed wins over what is denied, and what is neither is reached. Names lead to the ports of the web, addresses
 * and networks to all. What cannot be held to the letter is refused.
 */
export function egressOf(
  network: Omit<Network, 'rules'> | undefined,
  internet: boolean,
  headers: readonly EgressHeaders[] = [],
): Egress {
  const { allowOut = [], denyOut = [] } = network ?? {}
  for (const entry of denyOut)
    if (!isNetwork(entry)) throw new E2bError(400, `network.denyOut: '${entry}' is no IP address and no network (CIDR)`)
  const rules = allowOut.filter((entry) => !everything.has(entry)).flatMap(toRules)
  if (rules.length >= mostRules)
    throw new E2bError(400, `network.allowOut: too many entries; names count twice, and ${mostRules} is the limit`)
  const put = headers.length === 0 ? {} : { headers: [...headers] }
  const needed = { mode: 'allow', rules, ...put } as const
  const isOpen = internet && !denyOut.some((entry) => everything.has(entry))
  if (!isOpen && !allowOut.some((entry) => everything.has(entry))) return { needed }
  return {
    needed,
    wished: { mode: 'allow', rules: [...rules, { host: '*', port: 'any' }], deny: [...denyOut], ...put },
  }
}

function toRules(entry: string): readonly EgressRule[] {
  if (isNetwork(entry)) return [{ host: toNetwork(entry), port: 'any' }]
  if (hostName.test(entry)) return webPorts.map((port) => ({ host: entry, port }))
  throw new E2bError(400, `network.allowOut: '${entry}' is no host name, no IP address and no network (CIDR)`)
}

/** An address is a network of one here: names that lead to it are covered. */
function toNetwork(entry: string): string {
  return entry.includes('/') ? entry : `${entry}/${isIP(entry) === 4 ? 32 : 128}`
}

function isNetwork(entry: string): boolean {
  const [, address = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? []
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return bits > 0 && Number(length ?? 0) <= bits
}
