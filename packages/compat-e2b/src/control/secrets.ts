import { freshId } from '@caisson/core'
import { z } from 'zod'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { E2bCaller } from '../host.ts'
import { parse } from '../http/read-json.ts'
import type { Handle } from '../http/route.ts'
import { seal } from '@caisson/compat-kit'
import { pageOf } from './page.ts'
import { renewSecret } from './replace-egress.ts'
import { listSecrets, type SecretRecord } from './secret-record.ts'

const textMap = z.record(z.string().max(256), z.string().max(1024))
const longestValue = 64 * 1024
const secretName = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^{}\p{Cc}]+$/u, 'a name has no braces and no control characters')
  .transform((name) => name.toLowerCase())
  .refine((name) => !name.startsWith('sec_'), 'names that begin with sec_ are ids')
const createBody = z.object({ name: secretName, value: z.string().max(longestValue), metadata: textMap.nullish() })
const updateBody = z.object({ value: z.string().max(longestValue), metadata: textMap.nullish() })

async function findSecret(services: Services, idOrName: string, caller: E2bCaller): Promise<SecretRecord> {
  const all = await listSecrets(services, caller.organization)
  const found = all.find(({ id }) => id === idOrName) ?? all.find(({ name }) => name === idOrName.toLowerCase())
  if (found === undefined) throw new E2bError(404, `secret '${idOrName}' not found`)
  return found
}

/** `POST /secrets` */
export function createSecret(services: Services): Handle {
  const { host, tokens } = services
  return async ({ caller, json }) => {
    const { name, value, metadata } = parse(createBody, await json())
    const all = await listSecrets(services, caller.organization)
    if (all.some((secret) => secret.name === name)) throw new E2bError(409, `secret '${name}' exists`)
    const nowMs = Date.now()
    const secret: SecretRecord = {
      id: freshId('sec'),
      organization: caller.organization,
      name,
      sealed: seal(value, tokens.sealingKey()),
      version: 1,
      metadata: metadata ?? {},
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    }
    await host.records.put('secret', caller.organization, secret.id, secret)
    return { status: 201, body: viewOf(secret) }
  }
}

/** `POST /secrets/{id or name}`: a new version. */
export function updateSecret(services: Services): Handle {
  const { host, tokens } = services
  return async ({ caller, parts, json }) => {
    const { value, metadata } = parse(updateBody, await json())
    const secret = await findSecret(services, parts[0] ?? '', caller)
    const updated: SecretRecord = {
      ...secret,
      sealed: seal(value, tokens.sealingKey()),
      version: secret.version + 1,
      metadata: metadata ?? secret.metadata,
      updatedAtMs: Date.now(),
    }
    await host.records.put('secret', caller.organization, secret.id, updated)
    await renewSecret(services, caller.organization, secret.name)
    return { status: 200, body: viewOf(updated) }
  }
}

export function getSecrets(services: Services): Handle {
  return async ({ caller, query }) =>
    pageOf(await listSecrets(services, caller.organization), query, {
      placeOf: ({ createdAtMs, id }) => ({ atMs: createdAtMs, id }),
      view: viewOf,
    })
}

export function readSecret(services: Services): Handle {
  return async ({ caller, parts }) => ({
    status: 200,
    body: viewOf(await findSecret(services, parts[0] ?? '', caller)),
  })
}

export function removeSecret(services: Services): Handle {
  return async ({ caller, parts }) => {
    const { id, name } = await findSecret(services, parts[0] ?? '', caller)
    await services.host.records.remove('secret', caller.organization, id)
    await renewSecret(services, caller.organization, name)
    return { status: 204 }
  }
}

/** Values are taken and never given back. */
function viewOf({ id, name, version, metadata, createdAtMs, updatedAtMs }: SecretRecord): object {
  return {
    secretID: id,
    name,
    currentVersion: version,
    metadata,
    createdAt: new Date(createdAtMs).toISOString(),
    updatedAt: new Date(updatedAtMs).toISOString(),
  }
}
