import { once } from 'node:events'
import ssh2 from 'ssh2'
import type { AuthContext, Connection } from 'ssh2'
import { findSshAccess } from '../control/ssh.ts'
import type { Services } from '../gateway-options.ts'
import { noteActivity } from '../sandboxes/activity.ts'
import { readEnv } from '../sandboxes/env.ts'
import { openStarted } from './open-started.ts'
import { serveSession } from './serve-session.ts'

export interface SshOptions {
  readonly host: string
  readonly port: number
  /** In PEM. */
  readonly hostKey: string
}

const mostConnections = 1000

/** Lets in whoever names a token of an SSH access as the user. Resolves with the port. */
export async function listenForSsh(
  services: Services,
  { host, port, hostKey }: SshOptions,
): Promise<AsyncDisposable & { readonly port: number }> {
  const clients = new Set<Connection>()
  const server = new ssh2.Server({ hostKeys: [hostKey], ident: 'caisson' }, (client) => {
    clients.add(client)
    let token = ''
    client.on('error', () => client.end())
    client.on('close', () => clients.delete(client))
    client.on('authentication', (context: AuthContext) => {
      token = context.username
      findSshAccess(services, token).then(
        (access) => (access === undefined ? context.reject(['none', 'publickey', 'password']) : context.accept()),
        (error: unknown) => {
          services.host.onError(error, 'an SSH login')
          context.reject()
        },
      )
    })
    client.on('ready', () => {
      serve(services, client, token).catch(() => client.end())
    })
  })
  server.maxConnections = mostConnections
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const client of clients) client.end()
      await closed
    },
  }
}

async function serve(services: Services, client: Connection, token: string): Promise<void> {
  const { record, entry } = await openStarted(services, token)
  const cut = (): void => void client.end()
  entry.clients.add(cut)
  client.on('close', () => {
    entry.clients.delete(cut)
    noteActivity(services.host, record, entry).catch(() => undefined)
  })
  client.on('session', (accept) => serveSession(accept(), { entry, env: readEnv(record.env, services.tokens) }))
}
