import { freshId, secondMs } from '@caisson/core'
import type { PortPreviewUrl, SignedPortPreviewUrl } from '@daytona/api-client'
import { z } from 'zod'
import type { Services } from '../gateway-options.ts'
import { parse } from '../http/body.ts'
import { type Handle, ok } from '../http/call.ts'
import { previewUrl } from '../previews/target.ts'

const portSchema = z.coerce.number().int().min(1).max(65_535)
const usualSeconds = 60
const mostSeconds = 24 * 60 * 60
const secondsSchema = z.coerce.number().int().min(1).max(mostSeconds).default(usualSeconds)

/** What is known of a signed address, under its token. */
export const previewRecordSchema = z.object({
  token: z.string(),
  sandbox: z.string(),
  port: z.number(),
  expiresAtMs: z.number(),
})

export function readPreviewUrl(services: Services): Handle<PortPreviewUrl> {
  const { registry, tokens } = services
  return async ({ parts, caller, base }) => {
    const { id } = await registry.find(parts[0] ?? '', caller)
    const port = parse(portSchema, parts[1])
    return ok({ sandboxId: id, url: previewUrl(services, base, { name: id, port }), token: tokens.preview(id) })
  }
}

/** An address that needs no token beside itself, for a while. */
export function signPreviewUrl(services: Services): Handle<SignedPortPreviewUrl> {
  const { registry, host } = services
  return async ({ parts, caller, base, query }) => {
    const { id, organization } = await registry.find(parts[0] ?? '', caller)
    const port = parse(portSchema, parts[1])
    const seconds = parse(secondsSchema, query.get('expiresInSeconds') ?? undefined)
    // With a dash, so that no other protocol takes the host name for one of its own.
    const token = `p-${freshId()}`
    const record = { token, sandbox: id, port, expiresAtMs: Date.now() + seconds * secondMs }
    await host.records.put('preview', organization, token, record)
    return ok({ sandboxId: id, port, token, url: previewUrl(services, base, { name: token, port }) })
  }
}

/** Idempotent. */
export function expirePreviewUrl({ registry, host }: Services): Handle<never> {
  return async ({ parts, caller }) => {
    const { organization, id } = await registry.find(parts[0] ?? '', caller)
    const token = parts[2] ?? ''
    const found = await host.records.get('preview', token)
    const isTheirs = found !== undefined && previewRecordSchema.parse(found.value).sandbox === id
    if (isTheirs) await host.records.remove('preview', organization, token)
    return { status: 200 }
  }
}
