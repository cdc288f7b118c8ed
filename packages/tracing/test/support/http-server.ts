import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export interface HttpServer extends AsyncDisposable {
  readonly url: string
}

/** A server on loopback that reads each request's body whole before it answers. */
export async function httpServer(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
): Promise<HttpServer> {
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => (body += part))
    request.on('end', () => answer(request, body, response))
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no address')
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      await closed.promise
    },
  }
}
