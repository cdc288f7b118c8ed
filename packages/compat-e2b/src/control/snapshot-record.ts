import { organizationIdSchema } from '@caisson/core'
import { z } from 'zod'
import type { Services } from '../gateway-options.ts'
import type { E2bCaller } from '../host.ts'

export const snapshotRecordSchema = z.object({
  id: z.string(),
  organization: organizationIdSchema,
  names: z.array(z.string()),
  /** The sandbox that it was taken of. */
  sandbox: z.string(),
  createdAtMs: z.number(),
  /** `adapter`: a template that the adapter made, memory included where it can. `files`: the template of the sandbox, and an archive of its files. */
  kind: z.enum(['adapter', 'files']),
  adapter: z.string(),
  template: z.string().optional(),
  env: z.string(),
  cpuCount: z.number(),
  memoryMb: z.number(),
})
export type SnapshotRecord = z.infer<typeof snapshotRecordSchema>

export async function listSnapshots(
  { host }: Pick<Services, 'host'>,
  { organization }: E2bCaller,
): Promise<readonly SnapshotRecord[]> {
  return (await host.records.list('snapshot', organization)).map((value) => snapshotRecordSchema.parse(value))
}

/** The caller's snapshot of that id or name; of several with that name the newest. */
export async function findSnapshot(
  services: Pick<Services, 'host'>,
  name: string,
  caller: E2bCaller,
): Promise<SnapshotRecord | undefined> {
  const all = await listSnapshots(services, caller)
  return (
    all.find(({ id }) => id === name || `${id}:default` === name) ??
    all.filter((snapshot) => hasName(snapshot, name)).toSorted((left, right) => right.createdAtMs - left.createdAtMs)[0]
  )
}

/** Whether a snapshot has that name, with its tag or without. */
export function hasName({ names }: SnapshotRecord, wanted: string): boolean {
  return names.some((name) => name === wanted || name === `${wanted}:default` || name.split(':')[0] === wanted)
}

export async function removeSnapshot(
  { host }: Pick<Services, 'host'>,
  { organization, id }: SnapshotRecord,
): Promise<void> {
  await host.records.remove('snapshot', organization, id)
  await host.blobs.remove(organization, id)
}
