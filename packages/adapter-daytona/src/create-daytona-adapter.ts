import { createExpiryTimers } from '@caisson/adapter-kit'
import { type SandboxAdapter, SandboxError } from '@caisson/core'
import { z } from 'zod'
import { createAdapter } from './adapter.ts'
import { capabilities, defaultTemplates } from './capabilities.ts'
import { createCloud } from './cloud.ts'
import type { DaytonaAdapterOptions } from './options.ts'

/** What is checked of the options: the rest is held by the types and by Daytona. */
const optionsSchema = z.object({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/, 'use lower-case letters, digits and "-"')
    .default('daytona'),
  apiKey: z.string().min(1, 'Daytona wants a key: make one at https://app.daytona.io/dashboard/keys'),
  apiUrl: z.url({ protocol: /^https?$/ }).default('https://app.daytona.io/api'),
  target: z.string().min(1).default('us'),
  namespace: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'use letters, digits, "_", "." and "-"')
    .default('default'),
  templates: z
    .record(z.string(), z.union([z.object({ image: z.string().min(1) }), z.object({ snapshot: z.string().min(1) })]))
    .refine((templates) => Object.keys(templates).length > 0, 'name at least one template')
    .default({ ...defaultTemplates }),
})

/**
 * Sandboxes of Daytona through its own SDK. Nothing happens before the first call. An option that is not valid is `invalid-argument`.
 */
export function createDaytonaAdapter(options: DaytonaAdapterOptions): SandboxAdapter {
  const parsed = optionsSchema.safeParse(options)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new SandboxError('invalid-argument', options.name ?? 'daytona', issue?.message ?? 'not valid', {
      field: issue?.path.map(String).join('.'),
      cause: parsed.error,
    })
  }
  const { name, namespace, templates, ...connection } = parsed.data
  return createAdapter({
    name,
    namespace,
    templates,
    cloud: createCloud(name, connection),
    capabilities: capabilities(options),
    wholeSizes: options.wholeSizes ?? true,
    timers: createExpiryTimers(),
  })
}
