import { randomUUID } from 'node:crypto'
import { freshId, minuteMs, organizationIdSchema } from '@caisson/core'
import type { SshAccessDto, SshAccessValidationDto } from '@daytona/api-client'
import { z } from 'zod'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { parse } from '../http/body.ts'
import { type Handle, ok } from '../http/call.ts'

const usualMinutes = 60
const mostMinutes = 60 * 24 * 30
const minutesSchema = z.coerce.number().min(1).max(mostMinutes).default(usualMinutes)

const sshRecordSchema = z.object({
  id: z.string(),
  /** Also the name of the user with which a client logs in. */
  token: z.string(),
  organization: organizationIdSchema,
  sandbox: z.string(),
  createdAtMs: z.number(),
  expiresAtMs: z.number(),
})
type SshRecord = z.infer<typeof sshRecordSchema>

/** `POST /sandbox/{id}/ssh-access`: a token with which `ssh` is let in. */
export function createSshAccess({ registry, host, ssh }: Services): Handle<SshAccessDto> {
  return async ({ parts, caller, query }) => {
    const side = ssh()
    if (side === undefined) throw new DaytonaError(400, 'SSH is not served here: set CAISSON_DAYTONA_SSH_PORT')
    const { id: sandbox } = await registry.find(parts[0] ?? '', caller)
    const minutes = parse(minutesSchema, query.get('expiresInMinutes') ?? undefined)
    const nowMs = Date.now()
    const record: SshRecord = {
      id: randomUUID(),
      token: freshId('t'),
      organization: caller.organization,
      sandbox,
      createdAtMs: nowMs,
      expiresAtMs: nowMs + minutes * minuteMs,
    }
    await host.records.put('ssh', caller.organization, record.token, record)
    const { token, createdAtMs, expiresAtMs } = record
    return ok({
      id: record.id,
      sandboxId: sandbox,
      token,
      expiresAt: new Date(expiresAtMs),
      createdAt: new Date(createdAtMs),
      updatedAt: new Date(createdAtMs),
      sshCommand: `ssh -p ${side.port} ${token}@${side.host}`,
    })
  }
}

/** Takes back one token, or all of the sandbox. */
export function revokeSshAccess({ registry, host }: Services): Handle<never> {
  return async ({ parts, caller, query }) => {
    const { id } = await registry.find(parts[0] ?? '', caller)
    const token = query.get('token')
    const all = (await host.records.list('ssh', caller.organization)).map((value) => sshRecordSchema.parse(value))
    for (const access of all) {
      if (access.sandbox === id && (token === null || access.token === token))
        await host.records.remove('ssh', caller.organization, access.token)
    }
    return { status: 200 }
  }
}

export function validateSshAccess(services: Services): Handle<SshAccessValidationDto> {
  return async ({ query, caller }) => {
    const found = await findSshAccess(services, query.get('token') ?? '')
    const isTheirs = found?.organization === caller.organization
    return ok({ valid: isTheirs, sandboxId: isTheirs ? found.sandbox : '' })
  }
}

/** The access that a token gives now. */
export async function findSshAccess({ host }: Services, token: string): Promise<SshRecord | undefined> {
  const found = await host.records.get('ssh', token)
  if (found === undefined) return undefined
  const access = sshRecordSchema.parse(found.value)
  if (access.expiresAtMs > Date.now()) return access
  await host.records.remove('ssh', access.organization, token)
  return undefined
}
