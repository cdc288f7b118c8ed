import { organizationIdSchema } from '@caisson/core'
import { z } from 'zod'
import type { Services } from '../gateway-options.ts'
import type { E2bCaller } from '../host.ts'

/** A name with or without a tag: `name` or `name:tag`. */
export const nameSchema = z
  .string()
  .max(256)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_./-]*(:[A-Za-z0-9][A-Za-z0-9_.-]*)?$/,
    'not a name of a template, with or without a tag',
  )

export const templateRecordSchema = z.object({
  id: z.string(),
  organization: organizationIdSchema,
  name: z.string(),
  /** Under which the adapters know its newest build. */
  adapterTemplate: z.string(),
  cpuCount: z.number(),
  memoryMb: z.number(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
  /** Tag to build. */
  tags: z.record(z.string(), z.object({ build: z.string(), createdAtMs: z.number() })),
})
export type TemplateRecord = z.infer<typeof templateRecordSchema>

export async function listTemplates(
  { host }: Pick<Services, 'host'>,
  { organization }: E2bCaller,
): Promise<readonly TemplateRecord[]> {
  return (await host.records.list('template', organization)).map((value) => templateRecordSchema.parse(value))
}

/** The caller's template of that id or name, with a tag that it has or without. */
export async function findTemplate(
  services: Pick<Services, 'host'>,
  name: string,
  caller: E2bCaller,
): Promise<TemplateRecord | undefined> {
  const [plain, tag] = name.split(':')
  const all = await listTemplates(services, caller)
  const found = all.find((template) => template.id === plain || template.name === plain)
  return found === undefined || tag === undefined || tag in found.tags ? found : undefined
}
