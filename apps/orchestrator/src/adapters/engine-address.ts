import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationError } from '@caisson/core'
import { z } from 'zod'

export type EngineAddress =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number }
  | {
      readonly ssh: {
        readonly username: string
        readonly host: string
        readonly port?: number
        readonly socketPath?: string
      }
    }

/** Where a container engine is. */
export const engineAddressSchema = z.string().transform((text, context): EngineAddress => {
  const [, socketPath] = /^unix:\/\/(\/.+)$/.exec(text) ?? []
  if (socketPath !== undefined) return { socketPath }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'tcp:' && /^tcp:\/\/[^/]+\/?$/.test(text) && url.port !== '') {
    return { host: url.hostname, port: Number(url.port) }
  }
  if (url?.protocol === 'ssh:' && url.username !== '' && url.password === '' && url.search + url.hash === '') {
    return {
      ssh: {
        username: url.username,
        host: url.hostname,
        ...(url.port === '' ? {} : { port: Number(url.port) }),
        ...(url.pathname.length < 2 ? {} : { socketPath: url.pathname }),
      },
    }
  }
  const message = 'must look like unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host/var/run/docker.sock'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

/** What is shown to engines, and what they have to show. */
export interface EngineAccess {
  /** A folder, for engines behind TLS. */
  readonly certificates: string | undefined
  readonly sshHostKey: string | undefined
  /** A file; without it the agent is asked. */
  readonly sshKey: string | undefined
  readonly sshAgent: string | undefined
}

/** An engine as the adapter takes it. */
export type Engine =
  | Extract<EngineAddress, { socketPath: string }>
  | (Extract<EngineAddress, { host: string }> & { readonly tls?: Certificates | undefined })
  | { readonly ssh: SshAddress & SshCredentials & { readonly hostKeySha256: string } }

type SshAddress = Extract<EngineAddress, { ssh: object }>['ssh']
type SshCredentials = { readonly privateKey: string } | { readonly agentSocketPath: string }

interface Certificates {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** With what the address needs: a unix socket nothing, TCP the certificates where there are any, SSH keys of both sides. */
export async function reachEngine(address: EngineAddress, access: EngineAccess): Promise<Engine> {
  if ('socketPath' in address) return address
  if ('ssh' in address) return await withKeys(address.ssh, access)
  const { certificates: directory } = access
  if (directory === undefined) return address
  const read = async (name: string) => await readFile(join(directory, name), 'utf8')
  try {
    const [ca, cert, key] = await Promise.all([read('ca.pem'), read('cert.pem'), read('key.pem')])
    return { ...address, tls: { ca, cert, key } }
  } catch (cause) {
    throw new OperationError('invalid-operation', `the certificates in ${directory} cannot be read`, {
      field: 'DOCKER_CERT_PATH',
      remedy: 'name a folder with ca.pem, cert.pem and key.pem',
      cause,
    })
  }
}

async function withKeys(ssh: SshAddress, { sshHostKey, sshKey, sshAgent }: EngineAccess): Promise<Engine> {
  if (sshHostKey === undefined) {
    throw new OperationError('invalid-operation', `the key of ${ssh.host} is not known`, {
      field: 'CAISSON_DOCKER_SSH_HOST_KEY',
      remedy: `set it to one that this prints, once it is compared with the machine itself: ssh-keyscan ${ssh.host} | ssh-keygen -lf -`,
    })
  }
  if (sshKey !== undefined) {
    const privateKey = await readFile(sshKey, 'utf8').catch((cause: unknown) => {
      throw new OperationError('invalid-operation', `the key ${sshKey} cannot be read`, {
        field: 'CAISSON_DOCKER_SSH_KEY',
        cause,
      })
    })
    return { ssh: { ...ssh, hostKeySha256: sshHostKey, privateKey } }
  }
  if (sshAgent !== undefined) return { ssh: { ...ssh, hostKeySha256: sshHostKey, agentSocketPath: sshAgent } }
  throw new OperationError('invalid-operation', `there is no key for ${ssh.host}`, {
    field: 'CAISSON_DOCKER_SSH_KEY',
    remedy: 'set it to the file of a private key, or start an agent (SSH_AUTH_SOCK)',
  })
}
