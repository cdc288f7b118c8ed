import { lookup } from 'node:dns'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { OperationError, secondMs } from '@caisson/core'

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Whether a loopback, link-local or private address may be reached. */
  readonly allowPrivate: boolean
}

const timeoutMs = 10 * secondMs

const notPublic = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  notPublic.addSubnet(network, bits, 'ipv4')
}
/** Of IPv6 only what is given out worldwide, less the ranges that wrap an IPv4 address. */
const publicV6 = new BlockList()
publicV6.addSubnet('2000::', 3, 'ipv6')
const wrappedV4 = new BlockList()
wrappedV4.addSubnet('2002::', 16, 'ipv6')
wrappedV4.addSubnet('2001::', 32, 'ipv6')

export function isPublicAddress(address: string): boolean {
  return isIP(address) === 6
    ? publicV6.check(address, 'ipv6') && !wrappedV4.check(address, 'ipv6')
    : isIP(address) === 4 && !notPublic.check(address, 'ipv4')
}

/**
 * Posts and gives the status of the answer, whose body nobody reads. The address is looked up once and is the one that is reached. No redirect is
 * followed. Throws `OperationError` `forbidden` for an address that is not public, and what the network throws.
 */
export async function guardedPost(url: string, { headers, body, allowPrivate }: PostOptions): Promise<number> {
  const target = new URL(url)
  const host = target.hostname.replace(/^\[(.*)\]$/, '$1')
  if (!allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) throw notAllowed(host)
  const request = target.protocol === 'https:' ? requestHttps : requestHttp
  return await new Promise<number>((resolve, reject) => {
    const sending = request(
      target,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        signal: AbortSignal.timeout(timeoutMs),
        agent: false,
        ...(allowPrivate ? {} : { lookup: publicLookup }),
      },
      (response) => {
        resolve(response.statusCode ?? 0)
        response.destroy()
      },
    )
    sending.on('error', reject)
    sending.end(body)
  })
}

const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '')
      return
    }
    const [first] = addresses
    const hidden = addresses.find(({ address }) => !isPublicAddress(address))
    if (first === undefined || hidden !== undefined) {
      callback(notAllowed(hidden?.address ?? hostname), '')
      return
    }
    if (options.all === true) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

function notAllowed(address: string): OperationError {
  return new OperationError('forbidden', `${address} is not a public address`, {
    field: 'url',
    remedy: 'use a public address, or have the service started with CAISSON_HOOKS_PRIVATE=true',
  })
}
