import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type EngineAddress, engineAddressSchema } from '../adapters/engine-address.ts'
import { type ImageReference, imageReferencesSchema } from '../adapters/image-references.ts'
import { path } from './kinds.ts'

export const enginesVariables = {
  DOCKER_HOST: engineAddressSchema
    .prefault('unix:///var/run/docker.sock')
    .describe('Engine of the adapter docker: unix:///path or tcp://host:port'),
  DOCKER_CERT_PATH: path.optional().describe('Folder with ca.pem, cert.pem and key.pem, for an engine behind TLS'),
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
  /** A folder, for engines behind TLS. */
  readonly certificates: string | undefined
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
    certificates: variables.DOCKER_CERT_PATH,
    images: variables.CAISSON_DOCKER_IMAGES,
    namespace: variables.CAISSON_DOCKER_NAMESPACE ?? namespaceOf(stateDirectory),
  }
}

/** Two services of one machine have two state directories. */
function namespaceOf(stateDirectory: string): string {
  return createHash('sha256').update(stateDirectory).digest('hex').slice(0, 16)
}
