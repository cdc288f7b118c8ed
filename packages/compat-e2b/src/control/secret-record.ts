import { unseal } from '@caisson/compat-kit'
import { organizationIdSchema, type OrganizationId } from '@caisson/core'
import { z } from 'zod'
import type { Services } from '../gateway-options.ts'

export const secretRecordSchema = z.object({
  id: z.string(),
  organization: organizationIdSchema,
  name: z.string(),
  /** The value, sealed. */
  sealed: z.string(),
  version: z.number(),
  metadata: z.record(z.string(), z.string()),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
})
export type SecretRecord = z.infer<typeof secretRecordSchema>

export async function listSecrets(
  { host }: Pick<Services, 'host'>,
  organization: OrganizationId,
): Promise<readonly SecretRecord[]> {
  return (await host.records.list('secret', organization)).map((value) => secretRecordSchema.parse(value))
}

/** The values of an organization's secrets by their names. They go into headers on the way out and nowhere else. */
export async function secretValues(
  services: Pick<Services, 'host' | 'tokens'>,
  organization: OrganizationId,
): Promise<ReadonlyMap<string, string>> {
  const key = services.tokens.sealingKey()
  return new Map((await listSecrets(services, organization)).map(({ name, sealed }) => [name, unseal(sealed, key)]))
}
