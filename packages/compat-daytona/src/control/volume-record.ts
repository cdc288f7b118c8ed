import { organizationIdSchema } from '@caisson/core'
import type { GatewayCaller } from '@caisson/compat-kit'
import { z } from 'zod'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'

const volumeRecordSchema = z.object({
  /** Also its name at the adapter. */
  id: z.string(),
  organization: organizationIdSchema,
  name: z.string(),
  createdAtMs: z.number(),
  usedAtMs: z.number().optional(),
  /** Where it is: the adapter of the first sandbox that mounted it. */
  adapter: z.string().optional(),
})
export type VolumeRecord = z.infer<typeof volumeRecordSchema>

export async function listVolumes(
  { host }: Services,
  { organization }: GatewayCaller,
): Promise<readonly VolumeRecord[]> {
  return (await host.records.list('volume', organization)).map((value) => volumeRecordSchema.parse(value))
}

export async function getVolume({ host }: Services, id: string, caller: GatewayCaller): Promise<VolumeRecord> {
  const found = await host.records.get('volume', id)
  if (found?.organization === caller.organization) return volumeRecordSchema.parse(found.value)
  throw new DaytonaError(404, `volume ${id} not found`)
}
