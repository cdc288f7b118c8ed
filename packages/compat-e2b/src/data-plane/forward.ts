import { type Agent, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'
import { endToEndHeaders, type HeaderList } from '@caisson/compat-kit'
import type { Entry } from '../sandboxes/entry.ts'

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
    gather(answer, response)
    response.writeHead(answer.statusCode ?? 502, endToEndHeaders(answer.rawHeaders))
    response.flushHeaders()
    answer.once('error', () => socket.destroy())
    answer.pipe(response)
  })
  upstream.on('error', () => {
    if (!response.writableEnded) cut()
  })
  // A request that breaks off breaks off inside as well: the daemon must not take it for the whole.
  request.once('error', () => upstream.destroy())
  gather(request, upstream)
  request.pipe(upstream)
}

/**
 * What comes at the same moment, a head and a short body, goes out in one piece: each further one would wake up the other side again. Bodies of
 * unknown length do not take part: Node writes their last chunk before those that are held.
 */
function gather({ headers }: IncomingMessage, message: Pick<Writable, 'cork' | 'uncork'>): void {
  if (headers['content-length'] === undefined) return
  message.cork()
  setImmediate(() => message.uncork())
}
