import type { IncomingMessage } from 'node:http'
import { accessTokenHeader } from '@caisson/wire-e2b'
import { E2bError } from '../e2b-error.ts'
import { sameSecret } from '@caisson/compat-kit'
import { checkSignature } from './signature.ts'

/** Whether a request comes with the sandbox's token, or with a signature for the one file that it is about. */
export function assertAccess(request: IncomingMessage, { pathname, searchParams }: URL, token: string): void {
  if (sameSecret(request.headers[accessTokenHeader], token)) return
  if (pathname !== '/files' || !searchParams.has('signature'))
    throw new E2bError(401, 'the access token is missing or wrong')
  const verdict = checkSignature(searchParams, request.method === 'POST' ? 'write' : 'read', token)
  if (verdict === 'expired') throw new E2bError(401, 'signature is already expired')
  if (verdict === 'wrong') throw new E2bError(401, 'the signature is wrong')
}
