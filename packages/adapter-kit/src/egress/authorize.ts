import type { EgressPolicy, EgressRule } from '@caisson/core'
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { isPublicAddress } from './public-address.ts'
import { canonicalHost, type Target } from './request-target.ts'

export type Verdict =
  /** The address that was checked: the connection goes to it and to no other. */
  { readonly granted: true; readonly address: string } | { readonly granted: false; readonly reason: DenialReason }

export type DenialReason = 'malformed' | 'not-allowed' | 'private-address' | 'unresolvable' | 'too-many-connections'

export type Resolve = (host: string) => Promise<readonly string[]>

const resolveAll: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address)

/**
 * Whether a sandbox with this policy may connect to a target, and at which address. The name is resolved here, once. Rules that name the target, or a
 * network with all of its addresses, come before what is denied, and that before the rule for everything.
 */
export async function authorize(policy: EgressPolicy, target: Target, resolve: Resolve = resolveAll): Promise<Verdict> {
  const { rules, deny = [] } = policy.mode === 'none' ? { rules: [] } : policy
  const forPort = rules.filter(({ port }) => port === 'any' || port === target.port)
  const named = forPort.filter(({ host }) => names(host, target.host))
  const networks = forPort.filter(({ host }) => isNetwork(host))
  const everything = forPort.filter(({ host }) => host === '*')
  if (named.length + networks.length + everything.length === 0) return { granted: false, reason: 'not-allowed' }
  const addresses = isIP(target.host) === 0 ? await resolve(target.host).catch(() => []) : [target.host]
  const [address] = addresses
  if (address === undefined) return { granted: false, reason: 'unresolvable' }
  const exact = [...named, ...networks.filter(({ host }) => addresses.every((one) => isWithin(host, one)))]
  const isDenied = exact.length === 0 && deny.some((network) => addresses.some((one) => isWithin(network, one)))
  const matching = exact.length > 0 ? exact : everything
  if (matching.length === 0 || isDenied) return { granted: false, reason: 'not-allowed' }
  const privateAllowed = matching.some((rule: EgressRule) => rule.allowPrivateAddress === true)
  if (!privateAllowed && !addresses.every(isPublicAddress)) return { granted: false, reason: 'private-address' }
  return { granted: true, address }
}

function names(pattern: string, host: string): boolean {
  if (pattern.startsWith('*.')) return isIP(host) === 0 && host.endsWith(pattern.slice(1).toLowerCase())
  return canonicalHost(isIP(pattern) === 6 ? `[${pattern}]` : pattern) === host
}

/** Not a single address: that is a name for itself alone. Were names covered that lead to it, all names would have to be looked up to know. */
function isNetwork(host: string): boolean {
  return host.includes('/') && isIP(host.split('/')[0] ?? '') !== 0
}

function isWithin(network: string, address: string): boolean {
  const [first = '', length] = network.split('/')
  const family = isIP(first)
  if (family === 0 || isIP(address) !== family) return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const prefix = length === undefined ? (family === 4 ? 32 : 128) : Number(length)
  const list = new BlockList()
  try {
    list.addSubnet(first, prefix, type)
  } catch {
    return false
  }
  return list.check(address, type)
}
