import { egressPolicySchema, type Labels, labelsSchema, type SandboxId, sandboxIdSchema } from '@caisson/core'
import { z } from 'zod'
import { templateUserSchema } from './template-user.ts'

/** Labels on everything that is made on an engine. The values that tell sandboxes apart for the engine's own filters have labels of their own. */
export const label = {
  /** What a thing is for: see `Role`. */
  role: 'dev.caisson.role',
  namespace: 'dev.caisson.namespace',
  sandbox: 'dev.caisson.sandbox',
  /** Who is making it: see `Claim`. */
  owner: 'dev.caisson.owner',
  /** All that is known of a sandbox and never changes, as JSON. */
  record: 'dev.caisson.record',
  volume: 'dev.caisson.volume',
  organization: 'dev.caisson.organization',
  /** When a volume was made, in milliseconds: Docker tells when somebody last wrote into its root. */
  created: 'dev.caisson.created',
  /** What a volume may hold, in bytes. */
  size: 'dev.caisson.size',
  /** The file on the engine's machine that holds a volume. */
  image: 'dev.caisson.image',
} as const

export type Role = 'sandbox' | 'helper' | 'daemon-volume' | 'volume' | 'volume-disk'

/** What never changes about a sandbox. The end of its life does: that is part of its container's name. */
export const sandboxRecordSchema = z.strictObject({
  id: sandboxIdSchema,
  template: z.string(),
  createdAtMs: z.int(),
  onExpiry: z.enum(['destroy', 'pause']),
  ttlMs: z.int(),
  /** 0 where the disk has no limit. */
  diskBytes: z.int(),
  labels: labelsSchema,
  /** Names of its volumes on the engine. */
  volumes: z.array(z.string()).default([]),
  user: templateUserSchema,
  /** Without headers. */
  egress: egressPolicySchema.default({ mode: 'none' }),
  /** The headers of `egress` and what belongs to them, sealed. */
  egressSecrets: z.string().optional(),
  /** Shown to the daemon with every request. Who reads it here owns the engine, and with it the sandbox, anyway. */
  accessToken: z.string(),
})
export type SandboxRecord = z.infer<typeof sandboxRecordSchema>

export function commonLabels(namespace: string, role: Role): Record<string, string> {
  return { [label.role]: role, [label.namespace]: namespace }
}

export function sandboxLabels(namespace: string, record: SandboxRecord, owner: string): Record<string, string> {
  return {
    ...commonLabels(namespace, 'sandbox'),
    [label.sandbox]: record.id,
    [label.owner]: owner,
    [label.record]: JSON.stringify(record),
    ...readableLabels(record.labels),
  }
}

/** The caller's labels once more, one by one, for people who look at the engine. */
function readableLabels(labels: Labels): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [`dev.caisson.label.${name}`, value]))
}

/** Undefined for a container that is none of ours, whatever it calls itself. */
export function readRecord(labels: Readonly<Record<string, string>>): SandboxRecord | undefined {
  const text = labels[label.record]
  if (text === undefined) return undefined
  try {
    return sandboxRecordSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** Engines can rename a container and cannot relabel it, so the name carries what may change. */
export function containerName(id: SandboxId, expiresAtMs: number): string {
  return `caisson-${id}-${expiresAtMs}`
}

export function readExpiry(name: string): number | undefined {
  const digits = /^\/?caisson-.+-(\d{1,15})$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
