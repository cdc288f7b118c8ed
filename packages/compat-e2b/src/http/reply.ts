import type { ServerResponse } from 'node:http'
import type { E2bError } from '../e2b-error.ts'

/** What a handler answers. Without a body nothing is sent but the status. */
export interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export function sendJson(response: ServerResponse, { status, body, headers }: Reply): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const text = body === undefined ? undefined : JSON.stringify(body)
  response.writeHead(status, {
    ...(text === undefined
      ? withoutBody(status)
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    ...headers,
  })
  response.end(text)
}

/** Clients read a body unless they are told that there is none. */
function withoutBody(status: number): Readonly<Record<string, string>> {
  return status === 204 ? {} : { 'content-length': '0' }
}

export function sendError(response: ServerResponse, error: E2bError, more: object = {}): void {
  const { status, message, retryAfterMs } = error
  sendJson(response, {
    status,
    body: { code: status, message, ...more },
    headers: retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) },
  })
}
