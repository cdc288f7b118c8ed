import { type SandboxAdapter, SandboxError } from '@caisson/core'
import { z } from 'zod'
import { createAdapter } from './adapter.ts'
import { capabilities, defaultTemplates } from './capabilities.ts'
import { createCloud } from './cloud.ts'
import type { E2bAdapterOptions } from './options.ts'

/** What is checked of the options: the rest is held by the types and by E2B. */
const optionsSchema = z.object({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/, 'use lower-case letters, digits and "-"')
    .default('e2b'),
  apiKey: z.string().min(1, 'E2B wants a key: make one at https://e2b.dev/dashboard?tab=keys'),
  namespace: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'use letters, digits, "_", "." and "-"')
    .default('default'),
  apiUrl: z.url({ protocol: /^https?$/ }).optional(),
  sandboxUrl: z.url({ protocol: /^https?$/ }).optional(),
  templates: z
    .record(z.string(), z.string().min(1))
    .refine((templates) => Object.keys(templates).length > 0, 'name at least one template')
    .default({ ...defaultTemplates }),
})

/**
 * Sandboxes of E2B through its own SDK. Nothing happens before the first call. An option that is not valid is `invalid-argument`.
 */
export function createE2bAdapter(options: E2bAdapterOptions): SandboxAdapter {
  const parsed = optionsSchema.safeParse(options)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new SandboxError('invalid-argument', options.name ?? 'e2b', issue?.message ?? 'not valid', {
      field: issue?.path.map(String).join('.'),
      cause: parsed.error,
    })
  }
  const { name, apiKey, namespace, apiUrl, sandboxUrl, templates } = parsed.data
  return createAdapter({
    name,
    namespace,
    cloud: createCloud(name, {
      apiKey,
      ...(options.domain === undefined ? {} : { domain: options.domain }),
      ...(apiUrl === undefined ? {} : { apiUrl }),
      ...(sandboxUrl === undefined ? {} : { sandboxUrl }),
    }),
    capabilities: capabilities(options),
    templates,
    publicPorts: options.publicPorts ?? false,
  })
}
