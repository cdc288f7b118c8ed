import { type AdapterCapabilities, type EgressPolicy, SandboxError } from '@caisson/core'

/** What E2B is told. Deny everything, then allow names: an allowed name wins. */
export interface Network {
  readonly allowInternetAccess: boolean
  readonly allowOut?: string[]
  readonly denyOut?: string[]
}

const webPorts: ReadonlySet<number> = new Set([80, 443])
const everything = '0.0.0.0/0'
const hostName = /^(?=.*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/

/** Refuses what E2B's rules cannot say: other ports than those of the web, addresses, and ways into private networks. */
export function checkEgress(adapter: string, policy: EgressPolicy, { features }: AdapterCapabilities): void {
  if (policy.mode === 'none') return
  if (!features.includes('egress-allow')) {
    throw refusal(adapter, 'egress', "E2B's rules name hosts and not ports, so a policy with ports is not taken", {
      remedy: 'create the adapter with egress: "web" to take rules for hosts on the ports 80 and 443 together',
    })
  }
  for (const [index, { host, port, allowPrivateAddress }] of policy.rules.entries()) {
    if (!webPorts.has(port))
      throw refusal(adapter, `egress.rules.${index}.port`, 'E2B lets named hosts be reached on 80 and 443 only')
    if (!hostName.test(host))
      throw refusal(adapter, `egress.rules.${index}.host`, 'an address would be reached on every port: name a host')
    if (allowPrivateAddress === true)
      throw refusal(adapter, `egress.rules.${index}.allowPrivateAddress`, 'E2B lets nothing into private networks')
  }
}

export function toNetwork(policy: EgressPolicy): Network {
  const hosts = policy.mode === 'none' ? [] : [...new Set(policy.rules.map(({ host }) => host))]
  return hosts.length === 0
    ? { allowInternetAccess: false }
    : { allowInternetAccess: true, allowOut: hosts, denyOut: [everything] }
}

function refusal(
  adapter: string,
  field: string,
  message: string,
  details: { readonly remedy?: string } = {},
): SandboxError {
  return new SandboxError('unsupported', adapter, message, { field, ...details })
}
