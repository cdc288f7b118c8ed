import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '@caisson/api/schemas'
import type { KeyStore } from '../keys/key-store.ts'

/** Whose key came with the request, in `Authorization: Bearer` or, as E2B's SDKs send it, in `X-API-Key`. */
export async function authenticate(headers: IncomingHttpHeaders, keys: KeyStore): Promise<Caller | undefined> {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  const key = bearer ?? headers['x-api-key']
  return typeof key === 'string' ? await keys.verify(key) : undefined
}
