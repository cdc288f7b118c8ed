import { organizationIdSchema } from '@caisson/core'
import type { GatewayCaller } from '@caisson/compat-kit'
import { z } from 'zod'
import type { Services } from '../gateway-options.ts'

export const snapshotRecordSchema = z.object({
  id: z.string(),
  organization: organizationIdSchema,
  name: z.string(),
  /** The sandbox that it was taken of. Absent: it is another name for a template. */
  sandbox: z.string().optional(),
  createdAtMs: z.number(),
  /** `adapter`: a template that the adapter made, memory included where it can. `files`: the template of the sandbox, and an archive of its files. `template`: a template as it is. */
  kind: z.enum(['adapter', 'files', 'template']),
  adapter: z.string().optional(),
  template: z.string().optional(),
  image: z.string().optional(),
  active: z.boolean().default(true),
  env: z.string(),
  cpu: z.number(),
  memoryGib: z.number(),
  diskGib: z.number(),
})
export type SnapshotRecord = z.infer<typeof snapshotRecordSchema>

export async function listSnapshots(
  { host }: Pick<Services, 'host'>,
  { organization }: GatewayCaller,
): Promise<readonly SnapshotRecord[]> {
  return (await host.records.list('snapshot', organization)).map((value) => snapshotRecordSchema.parse(value))
}

/** The caller's snapshot of that id or name. */
export async function findSnapshot(
  services: Pick<Services, 'host'>,
  name: string,
  caller: GatewayCaller,
): Promise<SnapshotRecord | undefined> {
  const all = await listSnapshots(services, caller)
  return all.find(({ id }) => id === name) ?? all.find((snapshot) => snapshot.name === name)
}

export async function removeSnapshot(
  { host }: Pick<Services, 'host'>,
  { organization, id }: SnapshotRecord,
): Promise<void> {
  await host.records.remove('snapshot', organization, id)
  await host.blobs.remove(organization, id)
}
