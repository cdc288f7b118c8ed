import { type AdapterCapabilities, egressHeadersOf, type EgressPolicy, SandboxError } from '@caisson/core'

/** What E2B is told. Deny everything, then allow names: an allowed name wins. */
export interface Network {
  readonly allowInternetAccess: boolean
  readonly allowOut?: string[]
  readonly denyOut?: string[]
  readonly rules?: Record<string, HeaderRule[]>
}

interface HeaderRule {
  readonly transform: { readonly headers: Record<string, string> }
}

const webPorts: ReadonlySet<number> = new Set([80, 443])
const everything = '0.0.0.0/0'
/** A name, or all names below one. */
const hostName = /^(?:\*\.)?(?=[^/]*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/

/** Refuses what E2B's rules cannot say: names on other ports than those of the web, addresses on some ports only, and ways into private networks. */
export function checkEgress(adapter: string, policy: EgressPolicy, { features }: AdapterCapabilities): void {
  if (policy.mode === 'none') return
  if (!features.includes('egress-allow')) {
    throw refusal(adapter, 'egress', "E2B's rules name hosts and not ports, so a policy with ports is not taken", {
      remedy: 'create the adapter with egress: "web" to take rules for hosts on the ports 80 and 443 together',
    })
  }
  for (const [index, { host, port, allowPrivateAddress }] of policy.rules.entries()) {
    const field = `egress.rules.${index}`
    const isName = hostName.test(host)
    if (isName && (port === 'any' || !webPorts.has(port)))
      throw refusal(adapter, `${field}.port`, 'E2B lets named hosts be reached on 80 and 443 only')
    if (!isName && port !== 'any')
      throw refusal(adapter, `${field}.host`, 'E2B lets an address be reached on every port: say "any", or name a host')
    if (allowPrivateAddress === true)
      throw refusal(adapter, `${field}.allowPrivateAddress`, 'E2B lets nothing into private networks')
  }
  for (const [index, { set }] of egressHeadersOf(policy).entries()) {
    // Else whoever writes a header could have another's secret put into it.
    if (Object.values(set).some((value) => value.includes('${e2b.')))
      throw refusal(
        adapter,
        `egress.headers.${index}.set`,
        "'${e2b.' in a header would name a secret of the account at E2B",
      )
  }
}

export function toNetwork(policy: EgressPolicy): Network {
  const { rules, deny = [] } = policy.mode === 'none' ? { rules: [] } : policy
  const hosts = [...new Set(rules.map(({ host }) => host))]
  if (hosts.length === 0) return { allowInternetAccess: false }
  const headers = egressHeadersOf(policy).map(({ host, set }): [string, [HeaderRule]] => [
    host,
    [{ transform: { headers: set } }],
  ])
  const put = headers.length === 0 ? {} : { rules: Object.fromEntries(headers) }
  if (!hosts.includes('*')) return { allowInternetAccess: true, allowOut: hosts, denyOut: [everything], ...put }
  return { allowInternetAccess: true, allowOut: hosts.filter((host) => host !== '*'), denyOut: [...deny], ...put }
}

function refusal(
  adapter: string,
  field: string,
  message: string,
  details: { readonly remedy?: string } = {},
): SandboxError {
  return new SandboxError('unsupported', adapter, message, { field, ...details })
}
