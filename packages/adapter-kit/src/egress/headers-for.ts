import { egressHeadersOf, type EgressPolicy } from '@caisson/core'

/** What is put into requests to a host; undefined for one whose connections pass unread. */
export function headersFor(policy: EgressPolicy, host: string): Readonly<Record<string, string>> | undefined {
  const all = egressHeadersOf(policy)
  const [closest] = all
    .filter((rule) => rule.host.startsWith('*.') && host.endsWith(rule.host.slice(1)))
    .toSorted((left, right) => right.host.length - left.host.length)
  const set = (all.find((rule) => rule.host === host) ?? closest)?.set
  if (set === undefined) return undefined
  // What programs send is compared in small letters, too.
  return Object.fromEntries(Object.entries(set).map(([name, value]) => [name.toLowerCase(), value]))
}
