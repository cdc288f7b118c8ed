import { OperationError } from '@caisson/core'

/**
 * Whoever may submit may name an address, so only hosts that whoever runs the service named are called back: each with the usual port of the
 * protocol, or with the one that stands beside it. Throws `OperationError` `forbidden`.
 */
export function assertCallbackAllowed(url: string, hosts: readonly string[]): void {
  const { host, username, password } = new URL(url)
  if (hosts.includes(host) && username === '' && password === '') return
  throw new OperationError('forbidden', `${host} may not be called back`, {
    field: 'callback.url',
    remedy: 'have the host named in CAISSON_CALLBACK_HOSTS of the service, and leave out names and passwords',
  })
}
