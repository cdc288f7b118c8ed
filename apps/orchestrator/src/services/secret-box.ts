import { seal, unseal } from '@caisson/compat-kit'
import { createHash } from 'node:crypto'

/** Seals for adapters what they keep where others may look. It works once the service has its key, which is the same for every replica. */
export interface SecretBox {
  readonly unlock: (secret: string) => void
  readonly seal: (text: string) => string
  readonly unseal: (sealed: string) => string
}

export function createSecretBox(): SecretBox {
  let key: Buffer | undefined
  const unlocked = (): Buffer => {
    if (key === undefined) throw new Error('the service has not begun')
    return key
  }
  return {
    unlock: (secret) => (key = createHash('sha256').update(secret).digest()),
    seal: (text) => seal(text, unlocked()),
    unseal: (sealed) => unseal(sealed, unlocked()),
  }
}
