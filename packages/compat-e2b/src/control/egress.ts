import type { EgressPolicy, EgressRule } from '@caisson/core'
import { E2bError } from '../e2b-error.ts'
import type { Network } from '../sandboxes/record.ts'

const webPorts = [80, 443]
const mostRules = 100
const hostName = /^(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.?$/
const ipAddress = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)$/

/**
 * What of E2B's network options core can say: names and addresses that are allowed, on the ports of the web. Nothing that is not named is reached, so
 * `denyOut` has nothing left to forbid, and where both name the same, allowing wins as it does with E2B. What cannot be held to the letter is refused.
 */
export function egressOf(network: Network | undefined, internet: boolean): EgressPolicy {
  refuseRules(network)
  const hosts = [...new Set(network?.allowOut ?? [])]
  for (const host of hosts) assertSingle(host)
  const rules: EgressRule[] = internet ? hosts.flatMap((host) => webPorts.map((port) => ({ host, port }))) : []
  if (rules.length > mostRules)
    throw new E2bError(400, `network.allowOut: at most ${mostRules / webPorts.length} hosts can be named here`)
  return rules.length === 0 ? { mode: 'none' } : { mode: 'allow', rules }
}

function assertSingle(host: string): void {
  if (hostName.test(host) || ipAddress.test(host)) return
  const what = host.includes('/') ? 'networks' : host.includes('*') ? 'patterns' : 'such names'
  throw new E2bError(400, `network.allowOut: '${host}': hosts are allowed one by one here, and ${what} are not`)
}

/** A header that silently is not there would send requests out without what they need, or with what they should not have. */
function refuseRules(network: Network | undefined): void {
  const [host] = Object.keys(network?.rules ?? {})
  if (host === undefined) return
  throw new E2bError(400, `network.rules: '${host}': headers cannot be put into requests on their way out here`)
}
