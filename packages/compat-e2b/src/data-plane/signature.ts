import { createHash } from 'node:crypto'
import { sameSecret } from '@caisson/compat-kit'

/** Whether the address of a file is signed with a sandbox's token: who has one may read or write that one path without the token. */
export function checkSignature(
  query: URLSearchParams,
  operation: 'read' | 'write',
  token: string,
): 'valid' | 'wrong' | 'expired' {
  const expiration = query.get('signature_expiration')
  const parts = [query.get('path') ?? '', operation, query.get('username') ?? '', token]
  if (expiration !== null) parts.push(expiration)
  const digest = createHash('sha256').update(parts.join(':')).digest('base64').replace(/=+$/, '')
  if (!sameSecret(query.get('signature'), `v1_${digest}`)) return 'wrong'
  if (expiration === null) return 'valid'
  return /^\d{1,15}$/.test(expiration) && Number(expiration) * 1000 >= Date.now() ? 'valid' : 'expired'
}
