import { hourMs } from '@caisson/core'
import { z } from 'zod'
import { type ImageReference, imageReferencesSchema } from '../adapters/image-references.ts'
import type { AdaptersConfig } from './adapters.ts'
import { cloudKey } from './cloud-key.ts'
import { flag, secret, webAddress, wholeNumber } from './kinds.ts'

export const daytonaCloudVariables = {
  DAYTONA_API_KEY: secret
    .optional()
    .describe('Key of the adapter daytona, whose organization owns and pays its sandboxes'),
  DAYTONA_API_URL: webAddress
    .optional()
    .describe("Where the Daytona of the adapter daytona is; without it Daytona's cloud"),
  DAYTONA_SERVER_URL: webAddress.optional().describe('The older name of DAYTONA_API_URL'),
  DAYTONA_TARGET: z.string().max(128).optional().describe('Region of the adapter daytona'),
  CAISSON_DAYTONA_CLOUD_IMAGES: imageReferencesSchema
    .prefault('')
    .describe('Templates of the adapter daytona, NAME=IMAGE with commas between them; the first is the default'),
  CAISSON_DAYTONA_CLOUD_SNAPSHOTS: imageReferencesSchema
    .prefault('')
    .describe(
      'Templates of the adapter daytona that are its snapshots, NAME=SNAPSHOT, which have the size of the snapshot',
    ),
  CAISSON_DAYTONA_CLOUD_HOURS: wholeNumber(1, 24)
    .default(24)
    .describe('Longest life of a sandbox of the adapter daytona'),
  CAISSON_DAYTONA_CLOUD_EGRESS: z
    .enum(['none', 'web'])
    .default('none')
    .describe(
      'Whether the adapter daytona takes policies that let hosts be reached on port 80 or 443; web opens all that Daytona opens with a host',
    ),
  CAISSON_DAYTONA_CLOUD_ISOLATION: z
    .enum(['container', 'gvisor', 'microvm'])
    .default('container')
    .describe("What sandboxes of the adapter daytona truly are: those of Daytona's cloud share a kernel"),
  CAISSON_DAYTONA_CLOUD_LOCALITY: z
    .enum(['remote', 'machine'])
    .default('remote')
    .describe('Where the Daytona of the adapter daytona runs: machine for one of your own on this one'),
  CAISSON_DAYTONA_CLOUD_WHOLE_SIZES: flag
    .default(true)
    .describe("Whether sizes at the adapter daytona are whole processors and GiB, as in Daytona's cloud"),
}

/** The adapter. */
export interface DaytonaCloudConfig {
  readonly apiKey: string
  readonly apiUrl: string | undefined
  readonly target: string | undefined
  readonly images: readonly ImageReference[]
  readonly snapshots: readonly ImageReference[]
  readonly maxTtlMs: number
  readonly egress: 'none' | 'web'
  readonly isolation: 'container' | 'gvisor' | 'microvm'
  readonly locality: 'remote' | 'machine'
  readonly wholeSizes: boolean
}

/** Absent without a key. Throws `OperationError` when the adapter is named and has none. */
export function readDaytonaCloud(
  variables: z.output<z.ZodObject<typeof daytonaCloudVariables>>,
  adapters: AdaptersConfig['adapters'],
): DaytonaCloudConfig | undefined {
  const apiKey = cloudKey(adapters, {
    adapter: 'daytona',
    variable: 'DAYTONA_API_KEY',
    key: variables.DAYTONA_API_KEY,
    page: 'https://app.daytona.io/dashboard/keys',
  })
  if (apiKey === undefined) return undefined
  return {
    apiKey,
    apiUrl: variables.DAYTONA_API_URL ?? variables.DAYTONA_SERVER_URL,
    target: variables.DAYTONA_TARGET,
    images: variables.CAISSON_DAYTONA_CLOUD_IMAGES,
    snapshots: variables.CAISSON_DAYTONA_CLOUD_SNAPSHOTS,
    maxTtlMs: variables.CAISSON_DAYTONA_CLOUD_HOURS * hourMs,
    egress: variables.CAISSON_DAYTONA_CLOUD_EGRESS,
    isolation: variables.CAISSON_DAYTONA_CLOUD_ISOLATION,
    locality: variables.CAISSON_DAYTONA_CLOUD_LOCALITY,
    wholeSizes: variables.CAISSON_DAYTONA_CLOUD_WHOLE_SIZES,
  }
}
