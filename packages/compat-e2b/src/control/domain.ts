import type { IncomingMessage } from 'node:http'
import type { Services } from '../gateway-options.ts'

/** Below which host name a client finds the ports of its sandboxes. */
export function domainFor({ domain }: Services, request: IncomingMessage): string | undefined {
  if (domain !== undefined) return domain
  const port = /:(\d{1,5})$/.exec(request.headers.host ?? '')?.[1]
  return port === undefined ? 'localhost' : `localhost:${port}`
}
