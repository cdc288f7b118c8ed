import { lookup } from 'node:dns'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from '@caisson/adapter-kit'
import { OperationError, secondMs } from '@caisson/core'

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Whether a loopback, link-local or private address may be reached. */
  readonly allowPrivate: boolean
}

const timeoutMs = 10 * secondMs

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
