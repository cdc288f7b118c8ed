import { createHmac } from 'node:crypto'
import { sameSecret } from '@caisson/compat-kit'

/** Keys and tokens: derived and never stored, so that every replica knows them and no database holds them. */
export interface Tokens {
  /** Opens the previews and the toolbox of one sandbox. */
  readonly preview: (sandboxId: string) => string
  /** Signs addresses of files. `version` counts its rotations. */
  readonly signing: (sandboxId: string, version: number) => string
  /** Marks where the output of a session's command begins and ends. */
  readonly marker: (sandboxId: string, sessionId: string) => string
  /** Names a build by all that it is made from. */
  readonly build: (organization: string, ...sources: readonly string[]) => string
  /** Opens the storage of one organization until then. */
  readonly storage: (organization: string, expiresAtMs: number) => string
  readonly isStorage: (token: string, organization: string, expiresAtMs: number) => boolean
  /** A key to seal what has to be kept secret at rest. */
  readonly sealingKey: () => Buffer
}

export function createTokens(secret: string): Tokens {
  const derive = (...parts: readonly (string | number)[]): string =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest('hex')
  return {
    preview: (id) => derive('preview', id).slice(0, 40),
    signing: (id, version) => derive('signing', id, version),
    marker: (id, session) => derive('marker', id, session).slice(0, 32),
    build: (...sources) => derive('build', ...sources).slice(0, 40),
    storage: (...access) => derive('storage', ...access),
    isStorage: (token, ...access) => sameSecret(token, derive('storage', ...access)),
    sealingKey: () => createHmac('sha256', secret).update('seal').digest(),
  }
}
