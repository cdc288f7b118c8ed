import { z } from 'zod'

export const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'use 1 to 63 lower-case letters, digits and "-"')

/** Destinations: `any`, or host names, of which `*.example.com` means all below `example.com`. */
const egressHosts = z.union([
  z.literal('any'),
  z.array(z.string().regex(/^(\*\.)?[^*]{1,253}$/, 'use a host name, or "*." and a host name')),
])

export const egressGrantSchema = z.strictObject({
  hosts: egressHosts,
  /** Whether a destination may be a loopback, link-local or private address if the operation asks for that. */
  privateAddresses: z.boolean().default(false),
})
export type EgressGrant = z.infer<typeof egressGrantSchema>

const artifactGrant = z.strictObject({ count: z.int().min(0).optional(), bytes: z.int().min(0).optional() })

/** What a guard leaves of what a caller asked for. What is absent is not cut. */
export const permissionsGrantSchema = z.strictObject({
  /** The time limit is cut to this. */
  maxDurationMs: z.int().min(100).optional(),
  ports: z.union([z.literal('any'), z.array(z.int().min(1).max(65_535))]).optional(),
  /** Names of `registries`. */
  packages: z.union([z.literal('any'), z.array(name)]).optional(),
  artifacts: artifactGrant.optional(),
})
export type PermissionsGrant = z.infer<typeof permissionsGrantSchema>

/** Whom to ask. `required`: one person, for as long as the engine keeps questions. */
export const approvalWishSchema = z.union([
  z.literal('required'),
  z.strictObject({
    /** With two, both must be others than the one who asked. */
    people: z.int().min(1).max(2).default(1),
    expiresAfterMs: z.int().min(1000).optional(),
    /** Told again if nobody answered by then. */
    escalateAfterMs: z.int().min(1000).optional(),
  }),
])
export type ApprovalWish = z.infer<typeof approvalWishSchema>
