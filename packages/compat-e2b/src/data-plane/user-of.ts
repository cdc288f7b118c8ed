import type { IncomingMessage } from 'node:http'
import { E2bError } from '../e2b-error.ts'

/** As whom a caller wants to act: the query's word, else `Authorization: Basic base64("<user>:")`. */
export function userOf({ headers }: IncomingMessage, username: string | null): string | undefined {
  if (username !== null && username !== '') return username
  const { authorization } = headers
  if (authorization === undefined) return undefined
  const encoded = /^Basic ([A-Za-z0-9+/=]*)$/.exec(authorization)?.[1]
  if (encoded === undefined) throw new E2bError(401, 'the Authorization header is not "Basic base64(user:)"')
  const [name] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return name === '' ? undefined : name
}
