import { certificatesSchema } from '@caisson/adapter-kit'
import { type SandboxAdapter, SandboxError } from '@caisson/core'
import { z } from 'zod'
import { createAdapter } from './adapter.ts'
import { capabilities } from './capabilities.ts'
import type { Context } from './context.ts'
import { createEngine } from './engine.ts'
import type { DockerAdapterOptions, EngineAddress } from './options.ts'
import { isolationOf } from './runtime.ts'
import { templateUserSchema } from './template-user.ts'

/** What is checked of the options: the rest is held by the types and by the engine. */
const optionsSchema = z.object({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/, 'use lower-case letters, digits and "-"')
    .default('docker'),
  namespace: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'use letters, digits, "_", "." and "-"')
    .default('default'),
  templates: z
    .record(
      z.string(),
      z.object({
        image: z.string().min(1),
        pull: z.enum(['never', 'if-missing']).optional(),
        user: templateUserSchema.optional(),
      }),
    )
    .refine((templates) => Object.keys(templates).length > 0, 'name at least one template')
    .default({ base: { image: 'caisson/base' } }),
  egressAuthorities: certificatesSchema.default([]),
})

/**
 * Sandboxes as containers of a Docker-compatible engine. Nothing happens before the first call, and an engine that was away is used again when it
 * is back. An option that is not valid is `invalid-argument`.
 */
export function createDockerAdapter(options: DockerAdapterOptions = {}): SandboxAdapter {
  const parsed = optionsSchema.safeParse(options)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new SandboxError('invalid-argument', options.name ?? 'docker', issue?.message ?? 'not valid', {
      field: issue?.path.map(String).join('.'),
      cause: parsed.error,
    })
  }
  const { name, namespace, templates } = parsed.data
  const address: EngineAddress = options.engine ?? { socketPath: '/var/run/docker.sock' }
  const local = 'socketPath' in address
  const context: Context = {
    engine: createEngine(name, address),
    namespace,
    capabilities: capabilities({
      isolation: options.runtime === undefined ? 'container' : isolationOf(options.runtime),
      limits: options.limits,
      templates: Object.keys(templates),
      maxTtlMs: options.maxTtlMs,
      locality: local ? 'machine' : 'remote',
      price: options.price,
      sealed: options.secretBox !== undefined,
    }),
    images: {
      namespace,
      templates,
      registries: options.registries ?? {},
      onPullProgress: options.onPullProgress ?? (() => undefined),
    },
    runtime: options.runtime,
    connection: options.connection,
    local,
    secretBox: options.secretBox,
  }
  return createAdapter(context, { onEgress: options.onEgress, trusted: parsed.data.egressAuthorities })
}
