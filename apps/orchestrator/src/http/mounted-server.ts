import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { withCallerTrace } from './caller-trace.ts'
import type { Mount } from './server.ts'

export interface MountedServerOptions {
  readonly mounts: readonly Mount[]
  /** Whether a request names this service. Ports of sandboxes have names of their own, which nobody can guess. */
  readonly isOurs: (host: string | undefined) => boolean
}

/** A server that gives each mount what is its own, and the rest to `handler`. */
export function createMountedServer(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  { mounts, isOurs }: MountedServerOptions,
): Server {
  const mountOf = (request: IncomingMessage): Mount | undefined =>
    mounts.find(({ isForSandbox }) => isForSandbox(request)) ??
    (isOurs(request.headers.host) ? mounts.find(({ prefix }) => isBelow(prefix, request.url)) : undefined)

  // An upload may take as long as it takes.
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    const mount = mountOf(request)
    if (mount === undefined) handler(request, response)
    else withCallerTrace(request, () => mount.handle(request, response, prefixOf(mount, request)))
  })
  server.on('upgrade', (request, socket, head) => {
    const mount = mountOf(request)
    if (mount === undefined) socket.destroy()
    else mount.upgrade(request, socket, head, prefixOf(mount, request))
  })
  return server
}

function prefixOf({ prefix }: Mount, { url }: IncomingMessage): string {
  return isBelow(prefix, url) ? prefix : ''
}

function isBelow(prefix: string, url = '/'): boolean {
  return url === prefix || url.startsWith(`${prefix}/`) || url.startsWith(`${prefix}?`)
}
