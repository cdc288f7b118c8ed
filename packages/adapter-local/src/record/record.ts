import { authoritySchema, processIdentitySchema } from '@caisson/adapter-kit'
import { egressPolicySchema, environmentSchema, labelsSchema, resourcesSchema, sandboxIdSchema } from '@caisson/core'
import { z } from 'zod'
import { privilegesSchema } from '../template/template.ts'

/** A volume as a sandbox has it mounted. */
export const mountedVolumeSchema = z.strictObject({ name: z.string(), path: z.string(), readOnly: z.boolean() })
export type MountedVolume = z.infer<typeof mountedVolumeSchema>

const common = {
  version: z.literal(1),
  id: sandboxIdSchema,
  /** The boot under which it was made. */
  bootId: z.string(),
  /** Who is making it. Until it runs, it lives as long as this process. */
  creator: processIdentitySchema,
  /** First of the host's user ids that are its own. */
  idBase: z.int().min(1),
  /** Path of its control group below the hierarchy's root. Absent where no control group holds it. */
  cgroup: z
    .string()
    .regex(/^caisson\/[a-z0-9]+\/[a-z0-9.]+$/)
    .optional(),
  /** Directory of the layer under its root. */
  layer: z.string().regex(/^[a-z0-9-]+$/),
  /** The loop device of its disk. */
  loopDevice: z.string().optional(),
}

/** What is known of one sandbox across processes. Written before the thing itself is made, and the last of it to go. */
export const recordSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('preparing'), ...common }),
  z.strictObject({
    /**
     * One that is `ending` is over for everybody but who ends it. What a `paused` gVisor sandbox has in memory is written down, or about to be for one that is
     * `pausing` or `copying`, which goes on afterwards; one that is `resuming` is not yet there again.
     */
    state: z.enum(['starting', 'running', 'ending', 'pausing', 'copying', 'paused', 'resuming']),
    ...common,
    template: z.string(),
    /** What the template gives to every process. */
    templateEnv: environmentSchema.default({}),
    /** What a terminal starts. */
    command: z.tuple([z.string()], z.string()).optional(),
    /** Whose code runs in it. */
    user: z.string(),
    /** Whether code of that user may become root inside, so that callers may act as root there as well. */
    privileges: privilegesSchema.default('none'),
    resources: resourcesSchema,
    labels: labelsSchema,
    egress: egressPolicySchema,
    /** In whose name the gateway answers, once there were headers to put into requests. */
    authority: authoritySchema.optional(),
    /** The organization's volumes that it has mounted, in order. */
    volumes: z.array(mountedVolumeSchema).default([]),
    onExpiry: z.enum(['destroy', 'pause']),
    ttlMs: z.int(),
    createdAtMs: z.int(),
    expiresAtMs: z.int(),
    /** The same moment on the clock that nobody can set. */
    expiresAtUptimeMs: z.int(),
    accessToken: z.string().min(32),
    /** The first process of the sandbox, as the host sees it. Known once it runs. */
    init: processIdentitySchema.optional(),
    /** Of a gVisor sandbox: the process in whose mount namespace its files and the daemon's socket are. */
    gofer: processIdentitySchema.optional(),
  }),
])
export type SandboxRecord = z.infer<typeof recordSchema>
export type PreparingRecord = Extract<SandboxRecord, { state: 'preparing' }>
export type StartedRecord = Exclude<SandboxRecord, { state: 'preparing' }>
/** Of a sandbox that is there for whoever knows its id, perhaps without a process at this moment. */
export type LivingRecord = StartedRecord & { readonly state: Exclude<StartedRecord['state'], 'starting' | 'ending'> }
export type RunningRecord = LivingRecord & { readonly init: NonNullable<StartedRecord['init']> }
