import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'

/** They belong to one connection and not to what it carries. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** Keys that are good here: nothing in a sandbox may learn them. */
const ours = new Set(['x-api-key', 'x-access-token', 'e2b-traffic-access-token', 'e2b-sandbox-id', 'e2b-sandbox-port'])

/** The headers of a request as they go on into the sandbox. */
export function requestHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !hopByHop.has(name) && !ours.has(name) && !name.startsWith(':')),
  )
}

/** The headers of an answer as they go out to the client. */
export function responseHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)))
}
