import { organizationIdSchema } from '@caisson/core'
import { z } from 'zod'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { E2bCaller } from '../host.ts'

export const volumeRecordSchema = z.object({
  /** Also its name at the adapter. */
  id: z.string(),
  organization: organizationIdSchema,
  name: z.string(),
  createdAtMs: z.number(),
  /** Where it is: the adapter of the first sandbox that mounted it. */
  adapter: z.string().optional(),
})
export type VolumeRecord = z.infer<typeof volumeRecordSchema>

export async function listVolumes({ host }: Services, { organization }: E2bCaller): Promise<readonly VolumeRecord[]> {
  return (await host.records.list('volume', organization)).map((value) => volumeRecordSchema.parse(value))
}

export async function getVolume({ host }: Services, id: string, caller: E2bCaller): Promise<VolumeRecord> {
  const found = await host.records.get('volume', id)
  if (found?.organization === caller.organization) return volumeRecordSchema.parse(found.value)
  throw new E2bError(404, `volume '${id}' not found`)
}
