import { isIP } from 'node:net'

const loopbackNames = ['localhost', '127.0.0.1', '[::1]']

/**
 * Whether a request may name this host. On loopback only names that can mean nothing else are taken: a web page whose own name was
 * made to point at this machine is refused. Elsewhere every name is taken unless some are configured.
 */
export function hostCheck(boundTo: string, allowed: readonly string[]): (host: string | undefined) => boolean {
  const isLoopback = boundTo === 'localhost' || boundTo === '::1' || (isIP(boundTo) === 4 && boundTo.startsWith('127.'))
  if (!isLoopback && allowed.length === 0) return () => true
  const names = new Set(
    [...(isLoopback ? [...loopbackNames, boundTo] : []), ...allowed].map((name) => name.toLowerCase()),
  )
  return (host) => host !== undefined && names.has(host.toLowerCase().replace(/:\d+$/, ''))
}
