import { OperationError } from '@caisson/core'
import { z } from 'zod'
import { type ImageReference, imageReferencesSchema } from '../adapters/image-references.ts'
import type { AdaptersConfig } from './adapters.ts'
import { secret, webAddress } from './kinds.ts'

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
}

/** The adapter. */
export interface DaytonaCloudConfig {
  readonly apiKey: string
  readonly apiUrl: string | undefined
  readonly target: string | undefined
  readonly images: readonly ImageReference[]
}

/** Absent without a key. Throws `OperationError` when the adapter is named and has none. */
export function readDaytonaCloud(
  variables: z.output<z.ZodObject<typeof daytonaCloudVariables>>,
  adapters: AdaptersConfig['adapters'],
): DaytonaCloudConfig | undefined {
  const { DAYTONA_API_KEY: apiKey } = variables
  if (apiKey === undefined) {
    if (adapters === 'auto' || !adapters.some(({ adapter }) => adapter === 'daytona')) return undefined
    throw new OperationError('invalid-operation', 'DAYTONA_API_KEY is not set, which the adapter daytona needs', {
      field: 'DAYTONA_API_KEY',
      remedy: 'make a key at https://app.daytona.io/dashboard/keys and set it, or take daytona out of CAISSON_ADAPTERS',
    })
  }
  return {
    apiKey,
    apiUrl: variables.DAYTONA_API_URL ?? variables.DAYTONA_SERVER_URL,
    target: variables.DAYTONA_TARGET,
    images: variables.CAISSON_DAYTONA_CLOUD_IMAGES,
  }
}
