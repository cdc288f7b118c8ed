import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DaemonLink } from '@caisson/daemon-client'
import { accessTokenHeader } from '@caisson/wire-e2b'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { Entry } from '../sandboxes/entry.ts'
import { assertAccess } from './access.ts'
import { forward } from './forward.ts'
import { requestHeaders } from './headers.ts'
import { sendNotFound } from './not-there.ts'
import { userOf } from './user-of.ts'

/** What of the daemon is for clients. The rest, such as its lifetime and its settings, is the host's. */
const passed = /^\/(?:files|files\/compose|metrics|envs|(?:process\.Process|filesystem\.Filesystem)\/[A-Za-z]+)$/

/** Answers requests for E2B's data plane by passing them on to the daemon in the sandbox, once the caller may. */
export function serveEnvd(
  { tokens }: Services,
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
  const { pathname, searchParams: query } = url
  const { id } = entry.record
  const isHealth = pathname === '/health' && (request.method === 'GET' || request.method === 'HEAD')
  if (!isHealth) {
    if (!passed.test(pathname)) throw new E2bError(404, 'there is nothing here')
    assertAccess(request, url, tokens.envd(id))
  }
  const user = userOf(request, pathname === '/files' ? query.get('username') : null)
  if (user !== undefined && link.onlyUser !== undefined && user !== link.onlyUser)
    throw new E2bError(401, `there is no user '${user}' here: code and files belong to '${link.onlyUser}'`)
  for (const name of ['signature', 'signature_expiration']) query.delete(name)
  forward(request, response, {
    entry,
    agent: entry.agent,
    path: `${pathname}${url.search}`,
    headers: requestHeaders(request, { host: 'daemon', [accessTokenHeader]: link.accessToken }),
    onUnanswered: () => sendNotFound(response, id),
  })
}
