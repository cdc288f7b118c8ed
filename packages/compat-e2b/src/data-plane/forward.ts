import { type Agent, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import type { Entry } from '../sandboxes/entry.ts'
import { type HeaderList, responseHeaders } from './headers.ts'

export interface ForwardOptions {
  readonly entry: Entry
  readonly agent: Agent
  readonly path: string
  readonly headers: HeaderList
  /** Answers when nothing in the sandbox did. */
  readonly onUnanswered: () => void
}

/** Largest head of an answer that is taken from a sandbox. */
const longestHeadBytes = 64 * 1024

/**
 * Passes a request on into a sandbox and its answer back, piece by piece: a side that does not read holds up the other and nobody else. When the
 * sandbox breaks off, so does the answer, without a clean end.
 */
export function forward(request: IncomingMessage, response: ServerResponse, options: ForwardOptions): void {
  const { entry, agent, path, headers, onUnanswered } = options
  const { socket } = request
  const cut = (): void => {
    if (response.headersSent) socket.destroy()
    else onUnanswered()
  }
  entry.clients.add(cut)
  const upstream = httpRequest({
    agent,
    method: request.method,
    path,
    headers: [...headers],
    setHost: false,
    maxHeaderSize: longestHeadBytes,
  })
  const done = (): void => {
    entry.clients.delete(cut)
    upstream.destroy()
  }
  response.once('close', done)
  upstream.once('response', (answer) => {
    // Who is refused in the middle of an upload need not send the rest.
    if (!request.complete) response.shouldKeepAlive = false
    response.writeHead(answer.statusCode ?? 502, [...responseHeaders(answer)])
    response.flushHeaders()
    pipeline(answer, response, (error) => {
      if (error !== undefined && error !== null) socket.destroy()
    })
  })
  upstream.on('error', () => {
    if (!response.writableEnded) cut()
  })
  // A request that breaks off breaks off inside as well: the daemon must not take it for the whole.
  request.once('error', () => upstream.destroy())
  request.pipe(upstream)
}
