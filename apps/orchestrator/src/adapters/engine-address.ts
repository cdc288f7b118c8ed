import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationError } from '@caisson/core'
import { z } from 'zod'

export type EngineAddress = { readonly socketPath: string } | { readonly host: string; readonly port: number }

/** Where a container engine is: `unix:///path` or `tcp://host:port`. */
export const engineAddressSchema = z.string().transform((text, context): EngineAddress => {
  const [, socketPath] = /^unix:\/\/(\/.+)$/.exec(text) ?? []
  if (socketPath !== undefined) return { socketPath }
  const url = /^tcp:\/\/[^/]+\/?$/.test(text) && URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && url.port !== '') return { host: url.hostname, port: Number(url.port) }
  context.addIssue({ code: 'custom', message: 'must look like unix:///var/run/docker.sock or tcp://host:2376' })
  return z.NEVER
})

/** An engine as the adapter takes it. */
export type Engine =
  | Extract<EngineAddress, { socketPath: string }>
  | (Extract<EngineAddress, { host: string }> & { readonly tls?: Certificates | undefined })

interface Certificates {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** With the certificates of a folder, as Docker's own command line keeps them. A unix socket needs none. */
export async function withCertificates(address: EngineAddress, directory: string | undefined): Promise<Engine> {
  if (directory === undefined || 'socketPath' in address) return address
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
