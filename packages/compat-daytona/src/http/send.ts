import type { ServerResponse } from 'node:http'
import { type DaytonaError, errorBody, type ErrorSource } from '../daytona-error.ts'
import type { Answer } from './call.ts'

export function sendAnswer(
  response: ServerResponse,
  { status, body }: Answer,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const text = body === undefined ? undefined : JSON.stringify(body)
  response.writeHead(status, {
    ...headers,
    ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  })
  response.end(text)
}

export function sendError(
  response: ServerResponse,
  error: DaytonaError,
  where: { readonly method: string; readonly path: string; readonly source: ErrorSource },
): void {
  const { retryAfterMs } = error
  sendAnswer(
    response,
    { status: error.status, body: errorBody(error, where) },
    retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) },
  )
}
