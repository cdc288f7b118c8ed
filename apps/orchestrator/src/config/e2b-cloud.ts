import { hourMs } from '@caisson/core'
import { z } from 'zod'
import { type ImageReference, imageReferencesSchema } from '../adapters/image-references.ts'
import type { AdaptersConfig } from './adapters.ts'
import { cloudKey } from './cloud-key.ts'
import { domain, secret, webAddress, wholeNumber } from './kinds.ts'

export const e2bCloudVariables = {
  E2B_API_KEY: secret.optional().describe('Key of the adapter e2b, whose team owns and pays its sandboxes'),
  CAISSON_E2B_CLOUD_DOMAIN: domain('443')
    .optional()
    .describe("Domain of the adapter e2b, for a self-hosted E2B; without it E2B's cloud"),
  CAISSON_E2B_CLOUD_URL: webAddress
    .optional()
    .describe('One address for everything of the adapter e2b, where its endpoint tells sandboxes by header'),
  CAISSON_E2B_CLOUD_TEMPLATES: imageReferencesSchema
    .prefault('')
    .describe('Templates of the adapter e2b, NAME=ID with commas between them; the first is the default'),
  CAISSON_E2B_CLOUD_HOURS: wholeNumber(1, 24)
    .default(1)
    .describe("Longest life of a sandbox of the adapter e2b, as the team's plan allows it"),
  CAISSON_E2B_CLOUD_EGRESS: z
    .enum(['none', 'web'])
    .default('none')
    .describe('Whether the adapter e2b takes policies that let hosts be reached; web opens ports 80 and 443 together'),
}

/** The adapter. */
export interface E2bCloudConfig {
  readonly apiKey: string
  readonly domain: string | undefined
  readonly url: string | undefined
  readonly templates: readonly ImageReference[]
  readonly maxTtlMs: number
  readonly egress: 'none' | 'web'
}

/** Absent without a key. Throws `OperationError` when the adapter is named and has none. */
export function readE2bCloud(
  variables: z.output<z.ZodObject<typeof e2bCloudVariables>>,
  adapters: AdaptersConfig['adapters'],
): E2bCloudConfig | undefined {
  const apiKey = cloudKey(adapters, {
    adapter: 'e2b',
    variable: 'E2B_API_KEY',
    key: variables.E2B_API_KEY,
    page: 'https://e2b.dev/dashboard?tab=keys',
  })
  if (apiKey === undefined) return undefined
  return {
    apiKey,
    domain: variables.CAISSON_E2B_CLOUD_DOMAIN,
    url: variables.CAISSON_E2B_CLOUD_URL,
    templates: variables.CAISSON_E2B_CLOUD_TEMPLATES,
    maxTtlMs: variables.CAISSON_E2B_CLOUD_HOURS * hourMs,
    egress: variables.CAISSON_E2B_CLOUD_EGRESS,
  }
}
