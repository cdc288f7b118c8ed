import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { sameSecret } from '@caisson/compat-kit'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import type { SandboxRecord } from '../sandboxes/record.ts'

const tokenHeader = 'x-daytona-preview-token'
export const tokenParameter = 'DAYTONA_SANDBOX_AUTH_KEY'

/** The key of an organization, as every request of a client carries it. */
export function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (\S{1,512})$/i.exec(headers.authorization ?? '')?.[1]
}

export function hasPreviewToken({ tokens }: Services, id: string, request: IncomingMessage, url: URL): boolean {
  const given = request.headers[tokenHeader] ?? url.searchParams.get(tokenParameter)
  return sameSecret(given, tokens.preview(id))
}

/**
 * The record of a sandbox for somebody who may use its toolbox: with the key of its organization, with its token, or with an address that is signed
 * for one file.
 */
export async function recordForToolbox(
  services: Services,
  id: string,
  { request, url, path }: { readonly request: IncomingMessage; readonly url: URL; readonly path: string },
): Promise<SandboxRecord> {
  const { host, registry } = services
  if (hasPreviewToken(services, id, request, url) || (await isSigned(services, id, { request, url, path }))) {
    const record = await registry.findAny(id)
    if (record !== undefined) return record
    throw new DaytonaError(404, `sandbox ${id} not found`)
  }
  const key = bearerOf(request)
  const caller = key === undefined ? undefined : await host.authenticate(key)
  if (caller === undefined) throw new DaytonaError(401, 'the API key is missing or wrong')
  return await registry.find(id, caller)
}

/** `v1:files:<method>:<path>:<expires>` under the signing key of the sandbox, for one download or upload. */
async function isSigned(
  { registry, tokens }: Services,
  id: string,
  { request, url, path }: { readonly request: IncomingMessage; readonly url: URL; readonly path: string },
): Promise<boolean> {
  const signature = url.searchParams.get('signature')
  const { method = '' } = request
  if (signature === null || !['GET /files/download', 'POST /files/upload-v2'].includes(`${method} ${path}`))
    return false
  const record = await registry.findAny(id)
  if (record === undefined) return false
  const expires = url.searchParams.get('expires') ?? ''
  const canonical = `v1:files:${method}:${url.searchParams.get('path') ?? ''}:${expires}`
  const digest = createHmac('sha256', tokens.signing(id, record.signingVersion)).update(canonical).digest('base64url')
  if (!sameSecret(signature, `v1_${digest}`)) throw new DaytonaError(401, 'the signature is wrong')
  // Zero: for ever.
  if (!/^\d{1,12}$/.test(expires) || (expires !== '0' && Number(expires) * 1000 < Date.now()))
    throw new DaytonaError(401, 'the address has expired')
  return true
}
