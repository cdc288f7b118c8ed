import { createHash } from 'node:crypto'
import { type LimitKind, limitKinds } from '@caisson/core'
import { z } from 'zod'
import { type EngineAccess, type EngineAddress, engineAddressSchema } from '../adapters/engine-address.ts'
import { type ImageReference, imageReferencesSchema } from '../adapters/image-references.ts'
import { list, path } from './kinds.ts'

export const enginesVariables = {
  DOCKER_HOST: engineAddressSchema
    .prefault('unix:///var/run/docker.sock')
    .describe('Engine of the adapter docker: unix:///path, tcp://host:port or ssh://user@host/path'),
  DOCKER_CERT_PATH: path.optional().describe('Folder with ca.pem, cert.pem and key.pem, for an engine behind TLS'),
  CAISSON_DOCKER_SSH_HOST_KEY: z
    .string()
    .regex(/^(SHA256:)?[A-Za-z0-9+/]{43}=?$/, 'must be what ssh-keygen -l prints: SHA256:…')
    .optional()
    .describe('Public key of the machine of an engine behind SSH, as ssh-keygen -l prints it'),
  CAISSON_DOCKER_SSH_KEY: path.optional().describe('File of the private key for an engine behind SSH; else the agent'),
  SSH_AUTH_SOCK: path.optional().describe('Socket of the agent that has the key for an engine behind SSH'),
  CAISSON_DOCKER_AUTH_FILE: path
    .optional()
    .describe('Credentials for private registries: the file of docker login or podman login'),
  CAISSON_DOCKER_LIMITS: list
    .pipe(z.array(z.enum(['none', ...limitKinds])))
    .transform((names) => names.filter((name) => name !== 'none'))
    .optional()
    .describe('Limits that the engines hold, with commas between them, or none; default cpus, memory and pids'),
  CAISSON_PODMAN_HOST: engineAddressSchema
    .prefault('unix:///run/podman/podman.sock')
    .describe('Engine of the adapter podman'),
  CAISSON_DOCKER_IMAGES: imageReferencesSchema
    .prefault('')
    .describe('Further templates of container engines, NAME=IMAGE with commas between them; the first is the default'),
  CAISSON_DOCKER_NAMESPACE: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'must be letters, digits, "_", "." and "-"')
    .optional()
    .describe('Keeps installations on one engine apart; the same for replicas that share sandboxes'),
}

export interface EnginesConfig {
  readonly docker: EngineAddress
  readonly podman: EngineAddress
  readonly access: EngineAccess
  /** A file with credentials for registries. */
  readonly credentials: string | undefined
  /** Absent: what the adapter declares by itself. */
  readonly limits: readonly LimitKind[] | undefined
  /** Templates beside the built ones. */
  readonly images: readonly ImageReference[]
  readonly namespace: string
}

export function readEngines(
  variables: z.output<z.ZodObject<typeof enginesVariables>>,
  stateDirectory: string,
): EnginesConfig {
  return {
    docker: variables.DOCKER_HOST,
    podman: variables.CAISSON_PODMAN_HOST,
    access: {
      certificates: variables.DOCKER_CERT_PATH,
      sshHostKey: variables.CAISSON_DOCKER_SSH_HOST_KEY,
      sshKey: variables.CAISSON_DOCKER_SSH_KEY,
      sshAgent: variables.SSH_AUTH_SOCK,
    },
    credentials: variables.CAISSON_DOCKER_AUTH_FILE,
    limits: variables.CAISSON_DOCKER_LIMITS,
    images: variables.CAISSON_DOCKER_IMAGES,
    namespace: variables.CAISSON_DOCKER_NAMESPACE ?? namespaceOf(stateDirectory),
  }
}

/** Two services of one machine have two state directories. */
function namespaceOf(stateDirectory: string): string {
  return createHash('sha256').update(stateDirectory).digest('hex').slice(0, 16)
}
