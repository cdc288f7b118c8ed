import { defaultTemplateDirectory } from '@caisson/template-builder/local'
import { z } from 'zod'
import { type AdapterChoice, adapterChoicesSchema } from '../adapters/adapter-choice.ts'
import { path } from './kinds.ts'

export const adaptersVariables = {
  CAISSON_ADAPTERS: adapterChoicesSchema
    .prefault('auto')
    .describe(
      'Which adapters are on: local, local:gvisor, docker, docker:RUNTIME, podman, e2b; auto is what works on this machine',
    ),
  CAISSON_TEMPLATES: path.default(defaultTemplateDirectory()).describe('Where caisson template build leaves templates'),
  CAISSON_HOST_USD_PER_HOUR: z
    .string()
    .regex(/^\d{1,6}(\.\d{1,6})?$/, 'must be an amount like 0.25')
    .default('0')
    .transform(Number)
    .describe('What an hour of this machine costs; sandboxes on it are billed their share'),
}

export interface AdaptersConfig {
  readonly adapters: 'auto' | readonly AdapterChoice[]
  /** Where built templates lie. */
  readonly templateDirectory: string
  /** Of this machine. */
  readonly usdPerHour: number
}

export function readAdapters(variables: z.output<z.ZodObject<typeof adaptersVariables>>): AdaptersConfig {
  return {
    adapters: variables.CAISSON_ADAPTERS,
    templateDirectory: variables.CAISSON_TEMPLATES,
    usdPerHour: variables.CAISSON_HOST_USD_PER_HOUR,
  }
}
