import { readFile } from 'node:fs/promises'
import { OperationError } from '@caisson/core'
import { z } from 'zod'

const entrySchema = z.object({ auth: z.string().optional() })
const fileSchema = z.object({ auths: z.record(z.string(), entrySchema).default({}) })

export type RegistryCredentials = Readonly<Record<string, { readonly username: string; readonly password: string }>>

/** Reads the file that `docker login` or `podman login` leaves. Registries whose password lies with a helper are left out. */
export async function readRegistryCredentials(file: string | undefined): Promise<RegistryCredentials> {
  if (file === undefined) return {}
  try {
    const { auths } = fileSchema.parse(JSON.parse(await readFile(file, 'utf8')))
    return Object.fromEntries(
      Object.entries(auths).flatMap(([registry, { auth = '' }]) => {
        const [, username, password] = /^([^:]+):(.+)$/s.exec(Buffer.from(auth, 'base64').toString('utf8')) ?? []
        return username === undefined || password === undefined ? [] : [[hostOf(registry), { username, password }]]
      }),
    )
  } catch (cause) {
    throw new OperationError('invalid-operation', `the credentials in ${file} cannot be read`, {
      field: 'CAISSON_DOCKER_AUTH_FILE',
      remedy: 'name the config.json of `docker login` or the auth.json of `podman login`',
      cause,
    })
  }
}

/** Docker writes an address for its own registry, and a name for all others. */
function hostOf(registry: string): string {
  const host = registry.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  return host === 'index.docker.io' ? 'docker.io' : host
}
