import type { EgressPolicy } from '@caisson/core'
import { DaytonaError } from '../daytona-error.ts'
import type { SandboxRecord } from '../sandboxes/record.ts'

const webPorts = [80, 443]
const mostEntries = 10

/**
 * What of Daytona's network settings core can say: names and single addresses, on the ports of the web. What it cannot say is refused, because a
 * sandbox that reaches less than its owner believes, or more, would be worse.
 */
export function egressOf({ blockAll, allowList, domainAllowList }: SandboxRecord['network']): EgressPolicy {
  const addresses = entriesOf('networkAllowList', allowList).map((entry) => {
    const [, address] = /^(\d{1,3}(?:\.\d{1,3}){3})(?:\/32)?$/.exec(entry) ?? []
    if (address !== undefined) return address
    throw new DaytonaError(
      400,
      `networkAllowList: '${entry}' is not one address (a.b.c.d/32), and networks cannot be allowed here`,
    )
  })
  const domains = entriesOf('domainAllowList', domainAllowList).map((entry) => {
    if (/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(entry)) return entry
    throw new DaytonaError(400, `domainAllowList: '${entry}' is not one host name, and patterns cannot be allowed here`)
  })
  const hosts = blockAll === true ? [] : [...addresses, ...domains]
  return hosts.length === 0
    ? { mode: 'none' }
    : { mode: 'allow', rules: hosts.flatMap((host) => webPorts.map((port) => ({ host, port }))) }
}

function entriesOf(field: string, list: string | undefined): readonly string[] {
  const entries = (list ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  if (entries.length > mostEntries) throw new DaytonaError(400, `${field}: more than ${mostEntries} entries`)
  return entries
}
