import { ConnectError } from '@caisson/wire-e2b'

/** Compares in a time that tells nothing about where two secrets differ. */
export function sameSecret(given: string, expected: string): boolean {
  const left = new TextEncoder().encode(given)
  const right = new TextEncoder().encode(expected)
  let difference = left.byteLength ^ right.byteLength
  for (let index = 0; index < right.byteLength; index += 1) difference |= (left[index] ?? 0) ^ (right[index] ?? 0)
  return difference === 0
}

/** Name of the user in `Authorization: Basic base64("<user>:")`, or undefined when there is none. */
export function userFromAuthorization(header: string | null): string | undefined {
  if (header === null) return undefined
  const encoded = /^Basic ([A-Za-z0-9+/=]*)$/.exec(header)?.[1]
  try {
    const name = new TextDecoder().decode(Uint8Array.fromBase64(encoded ?? '!')).split(':')[0]
    return name === '' ? undefined : name
  } catch {
    throw new ConnectError('unauthenticated', 'the Authorization header is not "Basic base64(user:)"')
  }
}

/** Checks the signature of a file's address: who has one may read or write that one path without the token. */
export function checkSignature(
  query: URLSearchParams,
  operation: 'read' | 'write',
  accessToken: string,
  nowMs: number,
): 'valid' | 'wrong' | 'expired' {
  const expiration = query.get('signature_expiration')
  const parts = [query.get('path') ?? '', operation, query.get('username') ?? '', accessToken]
  if (expiration !== null) parts.push(expiration)
  const digest = new Bun.CryptoHasher('sha256').update(parts.join(':')).digest('base64').replace(/=+$/, '')
  if (!sameSecret(query.get('signature') ?? '', `v1_${digest}`)) return 'wrong'
  return expiration !== null && Number(expiration) * 1000 < nowMs ? 'expired' : 'valid'
}
