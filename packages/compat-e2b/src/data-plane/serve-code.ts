import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DaemonLink } from '@caisson/daemon-client'
import { accessTokenHeader } from '@caisson/wire-e2b'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { Entry } from '../sandboxes/entry.ts'
import { sameSecret } from '@caisson/compat-kit'
import { forward } from './forward.ts'
import { requestHeaders } from './headers.ts'
import { sendNotFound } from './not-there.ts'
import { assertTraffic } from './serve-port.ts'

const passed = /^\/(?:execute|contexts(?:\/[A-Za-z0-9-]{1,128}(?:\/restart)?)?)$/

/** Answers requests for the code interpreter by passing them on to the daemon. As with E2B, only `/execute` comes with the sandbox's token. */
export function serveCode(
  services: Services,
  {
    request,
    response,
    url,
    entry,
    link,
  }: {
    readonly request: IncomingMessage
    readonly response: ServerResponse
    readonly url: URL
    readonly entry: Entry
    readonly link: DaemonLink
  },
): void {
  const { id } = entry.record
  assertTraffic(services, entry, request)
  if (url.pathname === '/health') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('"OK"')
    return
  }
  if (!passed.test(url.pathname)) throw new E2bError(404, 'there is nothing here')
  const isExecute = url.pathname === '/execute'
  if (isExecute && !sameSecret(request.headers[accessTokenHeader], services.tokens.envd(id)))
    throw new E2bError(401, 'the access token is missing or wrong')
  forward(request, response, {
    entry,
    agent: entry.agent,
    path: url.pathname,
    headers: requestHeaders(request, { host: 'daemon', [accessTokenHeader]: link.accessToken }),
    // Clients tell by a broken connection that the sandbox ended while it worked for them.
    onUnanswered: () => (entry.gone ? request.socket.destroy() : sendNotFound(response, id)),
  })
}
