import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { DenialReason } from './authorize.ts'
import { openUpstream, passedOn, refusalHeader, type Upstream } from './open-upstream.ts'

/** Sends a request on, and its answer back. Both bodies stream: a side that does not read makes the other wait. */
export function forward(request: IncomingMessage, response: ServerResponse, upstream: Upstream): void {
  // Its answer is the request itself, with the headers that the program is not to see.
  if (request.method === 'TRACE' && upstream.headers !== undefined) return refuse(response, 'malformed')
  const outgoing = openUpstream(request, upstream)
  outgoing.once('response', (incoming) => answer(incoming, response))
  outgoing.on('error', () => refuse(response, ...failureOf(outgoing, upstream)))
  response.once('close', () => outgoing.destroy())
  pipeline(request, outgoing, () => undefined)
}

function answer(incoming: IncomingMessage, response: ServerResponse): void {
  response.writeHead(incoming.statusCode ?? 502, passedOn(incoming))
  pipeline(incoming, response, () => undefined)
}

/** Why there is no answer: it was denied, nobody answers at the address, or who answers there is somebody else. */
export type Refusal = DenialReason | 'unreachable' | 'untrusted'

/** `detail` is for people, as the body. */
export function refuse(response: ServerResponse, reason: Refusal, detail?: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(refusalStatus(reason), { connection: 'close', [refusalHeader]: reason }).end(detail)
}

export function refusalStatus(reason: Refusal): 403 | 502 {
  return reason === 'unreachable' || reason === 'untrusted' ? 502 : 403
}

/** What to say of a request that failed before there was an answer. */
export function failureOf({ socket }: ClientRequest, { host }: Upstream): readonly [Refusal, string?] {
  // Its type says otherwise: while nothing is wrong with the certificate there is none, and else it is a code.
  const why: unknown = socket instanceof TLSSocket ? socket.authorizationError : undefined
  if (typeof why !== 'string') return ['unreachable']
  return ['untrusted', `The certificate that ${host} shows is not accepted: ${why}\n`]
}
