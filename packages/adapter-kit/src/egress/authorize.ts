import type { EgressRule } from '@caisson/core'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { isPublicAddress } from './public-address.ts'
import { canonicalHost, type Target } from './request-target.ts'

export type Verdict =
  /** The address that was checked: the connection goes to it and to no other. */
  { readonly granted: true; readonly address: string } | { readonly granted: false; readonly reason: DenialReason }

export type DenialReason = 'malformed' | 'not-allowed' | 'private-address' | 'unresolvable' | 'too-many-connections'

export type Resolve = (host: string) => Promise<readonly string[]>

const resolveAll: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address)

/** Whether a sandbox with these rules may connect to a target, and at which address. The name is resolved here, once. */
export async function authorize(
  rules: readonly EgressRule[],
  target: Target,
  resolve: Resolve = resolveAll,
): Promise<Verdict> {
  const matching = rules.filter(
    (rule) => rule.port === target.port && canonicalHost(bracketed(rule.host)) === target.host,
  )
  if (matching.length === 0) return { granted: false, reason: 'not-allowed' }
  const addresses = isIP(target.host) === 0 ? await resolve(target.host).catch(() => []) : [target.host]
  const [address] = addresses
  if (address === undefined) return { granted: false, reason: 'unresolvable' }
  const privateAllowed = matching.some((rule) => rule.allowPrivateAddress === true)
  if (!privateAllowed && !addresses.every(isPublicAddress)) return { granted: false, reason: 'private-address' }
  return { granted: true, address }
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}
