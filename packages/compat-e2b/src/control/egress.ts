import type { EgressPolicy } from '@caisson/core'
import type { Network } from '../sandboxes/record.ts'

const webPorts = [80, 443]
const mostRules = 100

/**
 * What of E2B's network options core can say: names and addresses that are allowed, on the ports of the web. Nothing that is not named is reached,
 * so `denyOut` and networks only take away; the internet as a whole cannot be asked for.
 */
export function egressOf(network: Network | undefined, internet: boolean): EgressPolicy {
  const hosts = internet ? (network?.allowOut ?? []).filter((host) => /^[A-Za-z0-9.:-]+$/.test(host)) : []
  const denied = new Set(network?.denyOut)
  const rules = hosts
    // With E2B allowing wins over denying, except where the very same thing is named twice.
    .filter((host) => !denied.has(host) || network?.allowOut?.includes(host) === true)
    .flatMap((host) => webPorts.map((port) => ({ host, port })))
  return rules.length === 0 ? { mode: 'none' } : { mode: 'allow', rules: rules.slice(0, mostRules) }
}
