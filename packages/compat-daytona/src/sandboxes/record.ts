import { environmentSchema, organizationIdSchema } from '@caisson/core'
import { z } from 'zod'

export const labelsSchema = z.record(z.string().max(256), z.string().max(4096))

const live = ['started', 'stopped', 'paused', 'archived'] as const
/** While what it is to be made of is built, and when it could not be made. */
const unmade = ['pending_build', 'building_snapshot', 'build_failed', 'error'] as const

const minutes = z.int().min(-1)

/** What is known of a sandbox beside what its adapter says. */
export const sandboxRecordSchema = z.object({
  id: z.string(),
  organization: organizationIdSchema,
  name: z.string(),
  state: z.enum([...live, ...unmade]),
  /** Since when it has been in that state. */
  stateAtMs: z.number(),
  /** Where it is. An archived one is nowhere: its files lie in the blob of its id. */
  place: z.object({ adapter: z.string(), sandbox: z.string() }).optional(),
  /** As the caller named it. */
  snapshot: z.string(),
  /** As the adapters name it. Absent: the adapter's default. */
  template: z.string().optional(),
  /** The one adapter on which it can be made again. */
  only: z.string().optional(),
  dockerfile: z.string().optional(),
  /** The program that its image or snapshot says runs in it. */
  entrypoint: z.array(z.string()).optional(),
  /** Id of the build of its image. */
  build: z.string().optional(),
  /** Why it could not be made. */
  errorReason: z.string().optional(),
  /** The environment variables, sealed: those of its creation, and what was changed since. */
  env: z.string(),
  labels: labelsSchema,
  public: z.boolean(),
  target: z.string(),
  cpu: z.number(),
  memoryGib: z.number(),
  diskGib: z.number(),
  /** Whether its size was asked for, or is what adapters give by themselves. */
  sized: z.boolean(),
  network: z.object({
    blockAll: z.boolean().optional(),
    allowList: z.string().optional(),
    domainAllowList: z.string().optional(),
  }),
  volumes: z.array(z.object({ volumeId: z.string(), mountPath: z.string() })),
  autoStopMinutes: minutes,
  autoPauseMinutes: minutes,
  autoArchiveMinutes: minutes,
  autoDeleteMinutes: minutes,
  endsAtMs: z.number().optional(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
  signingVersion: z.int().default(0),
})
export type SandboxRecord = z.infer<typeof sandboxRecordSchema>

export function isBuilding({ state }: Pick<SandboxRecord, 'state'>): boolean {
  return state === 'pending_build' || state === 'building_snapshot'
}

/** Whether it never came to be. */
export function hasFailed({ state }: Pick<SandboxRecord, 'state'>): boolean {
  return state === 'build_failed' || state === 'error'
}

/** What is sealed in `SandboxRecord.env`. */
export const sandboxEnvSchema = z.object({
  /** Given at its creation. */
  created: environmentSchema,
  /** Set since, for programs that start from then on. */
  set: environmentSchema,
  unset: z.array(z.string()),
})
export type SandboxEnv = z.infer<typeof sandboxEnvSchema>
