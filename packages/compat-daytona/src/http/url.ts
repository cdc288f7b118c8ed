import type { IncomingMessage } from 'node:http'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'

/** The address of a request. The host is the caller's word. */
export function urlOf({ socket, headers, url = '/' }: IncomingMessage): URL {
  const scheme = 'encrypted' in socket ? 'https' : 'http'
  const { host = 'localhost' } = headers
  try {
    return new URL(`${scheme}://${host}${url}`)
  } catch (cause) {
    throw new DaytonaError(400, 'the address of the request is not valid', { cause })
  }
}

/** The address under which the caller of a request reaches the gateway. */
export function baseOf({ publicUrl }: Pick<Services, 'publicUrl'>, request: IncomingMessage, prefix: string): string {
  return publicUrl?.replace(/\/+$/, '') ?? `${urlOf(request).origin}${prefix}`
}

export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?')[0] ?? '/'
}
