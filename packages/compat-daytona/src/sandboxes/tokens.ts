import { createHmac } from 'node:crypto'

/** Keys and tokens: derived and never stored, so that every replica knows them and no database holds them. */
export interface Tokens {
  /** Opens the previews and the toolbox of one sandbox. */
  readonly preview: (sandboxId: string) => string
  /** Signs addresses of files. `version` counts its rotations. */
  readonly signing: (sandboxId: string, version: number) => string
  /** Marks where the output of a session's command begins and ends. */
  readonly marker: (sandboxId: string, sessionId: string) => string
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
    sealingKey: () => createHmac('sha256', secret).update('seal').digest(),
  }
}
