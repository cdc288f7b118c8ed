import { organizationIdSchema } from '@caisson/core'
import type { GatewayCaller } from '@caisson/compat-kit'
import { z } from 'zod'
import type { SnapshotState } from '@daytona/api-client'
import { statusOf } from '../builds/build-record.ts'
import { builtTemplate, findBuild } from '../builds/run-build.ts'
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
  entrypoint: z.array(z.string()).optional(),
  /** Id of the build that it is the name of. */
  build: z.string().optional(),
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

export interface StateOfSnapshot {
  readonly state: Extract<SnapshotState, 'building' | 'active' | 'inactive' | 'build_failed' | 'error'>
  readonly errorReason?: string | undefined
  /** Absent: nothing can be made of it, or the adapter's default. */
  readonly template?: string | undefined
}

export async function stateOf(
  services: Pick<Services, 'host'>,
  { build, active, template }: SnapshotRecord,
): Promise<StateOfSnapshot> {
  const state = active ? 'active' : 'inactive'
  if (build === undefined) return { state, template }
  const record = await findBuild(services, build)
  if (record === undefined) return { state: 'error', errorReason: 'its build is gone' }
  const built = builtTemplate(services, record)
  if (built !== undefined) return { state, template: built }
  const { status, reason } = statusOf(record)
  if (status === 'building') return { state: 'building' }
  if (status === 'failed') return { state: 'build_failed', errorReason: reason }
  return { state: 'error', errorReason: 'no adapter has what was built' }
}
