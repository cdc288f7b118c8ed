import type { IncomingMessage, ServerResponse } from 'node:http'

const daySeconds = 24 * 3600

/**
 * Lets programs in web pages of any origin read the answer, as E2B does: whoever asks shows a key in a header, and nothing is known by cookies. True: the
 * browser only wanted to know whether it may ask, and has its answer.
 */
export function admitBrowser({ method, headers }: IncomingMessage, response: ServerResponse): boolean {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-expose-headers', '*')
  const wanted = headers['access-control-request-method']
  if (method !== 'OPTIONS' || wanted === undefined) return false
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': String(daySeconds),
  })
  response.end()
  return true
}
