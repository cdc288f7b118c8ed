import { createHmac } from 'node:crypto'
import { sameSecret } from '@caisson/compat-kit'

/** The tokens of sandboxes and volumes: derived and never stored, so that every replica knows them and no database holds them. */
export interface Tokens {
  readonly envd: (sandboxId: string) => string
  readonly traffic: (sandboxId: string) => string
  readonly volume: (volumeId: string) => string
  /** For the address to which a part of a template is uploaded. */
  readonly upload: (path: string) => string
  readonly isUpload: (path: string, token: string | null) => boolean
  /** A key to seal what has to be kept secret at rest. */
  readonly sealingKey: () => Buffer
}

export function createTokens(secret: string): Tokens {
  const derive = (purpose: string, id: string): string =>
    createHmac('sha256', secret).update(`${purpose}:${id}`).digest('hex')
  return {
    envd: (id) => derive('envd', id),
    traffic: (id) => derive('traffic', id),
    volume: (id) => derive('volume', id),
    upload: (path) => derive('upload', path),
    isUpload: (path, token) => sameSecret(token ?? undefined, derive('upload', path)),
    sealingKey: () => createHmac('sha256', secret).update('seal').digest(),
  }
}
