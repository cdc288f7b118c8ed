import { hourMs } from '@caisson/core'
import type { z } from 'zod'
import { wholeNumber } from './kinds.ts'

export const limitsVariables = {
  CAISSON_MAX_SANDBOXES: wholeNumber(1, 100_000)
    .default(100)
    .describe('Sandboxes that one organization may have at one time, unless its quota says otherwise'),
  CAISSON_MAX_RUNS: wholeNumber(1, 10_000).default(64).describe('Runs worked on at one time'),
  CAISSON_EVENT_RETENTION_DAYS: wholeNumber(1, 3650).default(30).describe('How long the output of runs is kept'),
}

export interface LimitsConfig {
  readonly maxSandboxes: number
  readonly maxRuns: number
  readonly eventRetentionMs: number
}

export function readLimits(variables: z.output<z.ZodObject<typeof limitsVariables>>): LimitsConfig {
  return {
    maxSandboxes: variables.CAISSON_MAX_SANDBOXES,
    maxRuns: variables.CAISSON_MAX_RUNS,
    eventRetentionMs: variables.CAISSON_EVENT_RETENTION_DAYS * 24 * hourMs,
  }
}
