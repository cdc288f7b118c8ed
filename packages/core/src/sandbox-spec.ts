import { z } from 'zod'
import { egressPolicySchema } from './egress.ts'
import { labelsSchema } from './labels.ts'
import { gib, hourMs, mib, minuteMs } from './units.ts'
import { volumeMountsSchema } from './volumes.ts'

/** Hard limits of one sandbox. What an adapter cannot hold it refuses with `unsupported` instead of ignoring it. */
export const resourcesSchema = z.strictObject({
  /** CPU time per wall-clock time: 0.5 is half a core. */
  cpus: z.number().min(0.05).max(256),
  /** Memory of all processes and in-memory file systems together, swap included. */
  memoryBytes: z
    .int()
    .min(16 * mib)
    .max(1024 * gib),
  /** What the sandbox may write to its disk. */
  diskBytes: z
    .int()
    .min(16 * mib)
    .max(1024 * gib),
  /** Processes and threads at one time. */
  pids: z.int().min(16).max(100_000),
})
export type Resources = z.infer<typeof resourcesSchema>

export const defaultResources: Resources = { cpus: 1, memoryBytes: 512 * mib, diskBytes: 1 * gib, pids: 256 }

type GivenResources = { readonly [Name in keyof Resources]?: Resources[Name] | undefined }

/** What is allocated where not everything is said. */
export function allocatedResources({ cpus, memoryBytes, diskBytes, pids }: GivenResources = {}): Resources {
  return {
    cpus: cpus ?? defaultResources.cpus,
    memoryBytes: memoryBytes ?? defaultResources.memoryBytes,
    diskBytes: diskBytes ?? defaultResources.diskBytes,
    pids: pids ?? defaultResources.pids,
  }
}

export const environmentSchema = z.record(
  z
    .string()
    .regex(
      /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
      'names of environment variables are letters, digits and "_", not starting with a digit',
    ),
  z
    .string()
    .max(128 * 1024)
    .refine((value) => !value.includes('\0'), 'a value must not contain NUL'),
)
export type Environment = z.infer<typeof environmentSchema>

/** What to create. The empty object is a valid spec: the adapter's default template with default limits and no network. */
export const sandboxSpecSchema = z.strictObject({
  /** Name of a template that the adapter knows. */
  template: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,255}$/, 'not a template name')
    .optional(),
  resources: resourcesSchema.partial().optional(),
  /** How long the sandbox lives unless extended. Counted from creation by the machine that runs it, also while Caisson is down. */
  ttlMs: z
    .int()
    .min(1000)
    .max(30 * 24 * hourMs)
    .default(5 * minuteMs),
  /** What happens when `ttlMs` is over. `pause` needs the `pause` feature. */
  onExpiry: z.enum(['destroy', 'pause']).default('destroy'),
  egress: egressPolicySchema.default({ mode: 'none' }),
  /** Given to every process of the sandbox. */
  env: environmentSchema.default({}),
  /** Environment variables whose values the adapter fetches by reference at creation; never logged, never returned. */
  secrets: z.record(z.string(), z.string().max(512)).default({}),
  /** Needs the feature `volumes` and the label `organization`. */
  volumes: volumeMountsSchema.default([]),
  labels: labelsSchema.default({}),
})
/** A spec as callers write it: everything may be left out. */
export type SandboxSpec = z.input<typeof sandboxSpecSchema>
/** A spec with its defaults filled in. */
export type ResolvedSandboxSpec = z.output<typeof sandboxSpecSchema>
