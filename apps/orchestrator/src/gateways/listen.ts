import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { withCallerTrace } from '../http/caller-trace.ts'
import { fromListenError } from '../http/listen-errors.ts'
import type { Mount } from '../http/server.ts'

export interface ListenOptions {
  readonly host: string
  readonly port: number
  /** Of the environment, which says the port. */
  readonly portVariable: string
  /** Files of a certificate and its key. */
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined
}

/** Serves a gateway on a port of its own: over TLS when there is a certificate, else plainly. Resolves with its address. Throws `OperationError` when it cannot be had. */
export async function listenAlone(
  gateway: Pick<Mount, 'handle' | 'upgrade'>,
  { host, port, portVariable, tls }: ListenOptions,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server: Server =
    tls === undefined
      ? createServer()
      : createSecureServer({ cert: await readFile(tls.certificate), key: await readFile(tls.key) })
  // An upload may take as long as it takes.
  server.requestTimeout = 0
  server.on('request', (request, response) => {
    withCallerTrace(request, () => gateway.handle(request, response))
  })
  server.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head))
  server.listen(port, host)
  await once(server, 'listening').catch((error: unknown) => {
    throw fromListenError(error, { host, port, portVariable })
  })
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${name}:${bound ?? ''}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
