import { z } from 'zod'
import type { CallOptions } from './call-options.ts'
import { gib, mib } from './units.ts'

const volumeNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'names of volumes are 1 to 63 lower-case letters, digits, "_" or "-"')

const systemDirectories =
  /^\/(?:bin|boot|dev|etc|lib|lib32|lib64|libx32|opt|proc|root|run|sbin|sys|tmp|usr|var\/run|var\/tmp)(?:\/|$)/

export const volumePathSchema = z
  .string()
  .max(1024)
  .regex(/^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/, 'use an absolute path of plain names, such as /data')
  .refine((path) => !systemDirectories.test(path), 'a volume must hide nothing of the system: use a path such as /data')

export const volumeBytesSchema = z
  .int()
  .min(16 * mib)
  .max(1024 * gib)

/**
 * A volume of the sandbox's organization (its label `organization`, without which volumes are `invalid-argument`) and where it is mounted. One that does
 * not exist is made: empty, and writable for every user of every sandbox that mounts it. Owners and modes of files are those that sandboxes gave them.
 */
const volumeMountSchema = z.strictObject({
  name: volumeNameSchema,
  path: volumePathSchema,
  readOnly: z.boolean().default(false),
  /**
   * What the volume may hold; default 1 GiB. A volume keeps the size with which it was made: another one is `conflict`. Needs the limit `volume`: without it
   * an adapter refuses a size with `unsupported`, and its volumes grow as they like.
   */
  sizeBytes: volumeBytesSchema.optional(),
})

export const defaultVolumeBytes = 1 * gib

export const volumeMountsSchema = z
  .array(volumeMountSchema)
  .max(16)
  .refine((mounts) => new Set(mounts.map(({ name }) => name)).size === mounts.length, 'each volume only once')
  .refine(
    (mounts) => !mounts.some((outer) => mounts.some((inner) => inner !== outer && within(inner.path, outer.path))),
    'no volume inside of another',
  )

function within(inner: string, outer: string): boolean {
  return `${inner}/`.startsWith(`${outer}/`)
}

/** What names a volume. The same name in two organizations names two volumes. */
export interface VolumeKey {
  readonly organization: string
  readonly name: string
}

export interface VolumeInfo extends VolumeKey {
  /** Absent where the adapter holds no limit `volume`. */
  readonly sizeBytes?: number | undefined
  readonly createdAtMs: number
  /** Whether a living sandbox has it mounted. */
  readonly inUse: boolean
}

/**
 * The volumes that sandboxes made by naming them. They outlive sandboxes, adapters and processes, until somebody removes them: no sweep, expiry or
 * `destroy` does.
 */
export interface Volumes {
  /** All of this adapter's own scope, or those of one organization, in no order. */
  readonly list: (
    query?: { readonly organization?: string | undefined },
    options?: CallOptions,
  ) => AsyncIterable<VolumeInfo>
  /** Ends it with everything in it. Idempotent. While a living sandbox has it mounted: `conflict`. */
  readonly remove: (volume: VolumeKey, options?: CallOptions) => Promise<'removed' | 'absent'>
}
