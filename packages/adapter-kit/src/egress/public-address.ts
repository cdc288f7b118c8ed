import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Ranges of IPv4 that lead into the machine, its network, or nowhere. */
const notPublic4 = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  notPublic4.addSubnet(network, prefix)
}

/** Of IPv6 only this range is public at all, so that mapped, translated, local and future addresses are out by themselves … */
const public6 = new BlockList()
public6.addSubnet('2000::', 3, 'ipv6')
/** … except for these parts of it, two of which carry IPv4 addresses inside. */
const notPublic6 = new BlockList()
notPublic6.addSubnet('2001::', 23, 'ipv6')
notPublic6.addSubnet('2001:db8::', 32, 'ipv6')
notPublic6.addSubnet('2002::', 16, 'ipv6')
notPublic6.addSubnet('3fff::', 20, 'ipv6')

/** Whether an address is one of the public internet's. What is no address is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !notPublic4.check(address)
  return (
    isIPv6(address) && !address.includes('%') && public6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6')
  )
}
