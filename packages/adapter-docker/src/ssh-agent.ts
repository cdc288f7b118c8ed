import { createHash } from 'node:crypto'
import { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import { callbackify } from 'node:util'
import { Client, type ClientChannel, type ConnectConfig } from 'ssh2'
import { property } from './map-error.ts'
import type { SshOptions } from './options.ts'

type Done = (error: Error | null, stream?: Duplex) => void

/**
 * Carries HTTP to the unix socket of an engine on another machine. One SSH connection serves all requests, each on a channel of its own; when
 * it breaks, the next request opens another.
 */
export function createSshAgent(options: SshOptions): Agent {
  let connection: Promise<Client> | undefined
  let current: Client | undefined

  const connect = async (): Promise<Client> => {
    const client = new Client()
    current = client
    const forget = (): void => {
      if (current !== client) return
      connection = undefined
      current = undefined
    }
    return await new Promise<Client>((resolve, reject) => {
      client.once('ready', () => resolve(client))
      client.on('error', (error) => {
        forget()
        reject(error)
      })
      client.once('close', forget)
      client.connect({
        host: options.host,
        port: options.port ?? 22,
        username: options.username,
        ...credentials(options),
        hostVerifier: (key: Buffer) => fingerprint(key) === options.hostKeySha256.replace(/^SHA256:/, ''),
        keepaliveInterval: 15_000,
        readyTimeout: 20_000,
      })
    })
  }

  const openChannel = async (): Promise<Duplex> => {
    connection ??= connect()
    const used = connection
    const client = await used
    return await new Promise<Duplex>((resolve, reject) => {
      client.openssh_forwardOutStreamLocal(options.socketPath ?? '/var/run/docker.sock', (error, channel) => {
        if (error === undefined) resolve(asSocket(channel))
        else if (property(error, 'reason') !== undefined) reject(error)
        else {
          // The server has not refused it: the connection is no more.
          if (connection === used) connection = undefined
          client.destroy()
          reject(Object.assign(new Error('the SSH connection broke', { cause: error }), { code: 'ECONNRESET' }))
        }
      })
    })
  }

  const agent = new Agent()
  return Object.assign(agent, {
    createConnection: (_options: unknown, done: Done): void => callbackify(openChannel)(done),
    destroy: () => {
      Agent.prototype.destroy.call(agent)
      current?.end()
    },
  })
}

function credentials({ privateKey, passphrase, agentSocketPath }: SshOptions): ConnectConfig {
  return {
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(agentSocketPath === undefined ? {} : { agent: agentSocketPath }),
  }
}

function fingerprint(key: Buffer): string {
  return createHash('sha256').update(key).digest('base64').replace(/=+$/, '')
}

/** Node's HTTP client sets options of TCP on its sockets, which a channel does not have. */
function asSocket(channel: ClientChannel): Duplex {
  const nothing = (): ClientChannel => channel
  return Object.assign(channel, {
    setKeepAlive: nothing,
    setNoDelay: nothing,
    setTimeout: nothing,
    ref: nothing,
    unref: nothing,
    destroySoon: () => channel.destroy(),
  })
}
