import { hourMs } from '@caisson/core'
import type { z } from 'zod'
import { wholeNumber } from './kinds.ts'

export const limitsVariables = {
  CAISSON_MAX_SANDBOXES: wholeNumber(1, 100_000)
    .default(100)
    .describe('Sandboxes that one organization may have at one time, unless its quota says otherwise'),
  CAISSON_MAX_RUNS: wholeNumber(1, 10_000).default(64).describe('Runs worked on at one time'),
  CAISSON_BATCH_WORKERS: wholeNumber(0, 1000)
    .default(8)
    .describe('Sandboxes with items of batches that this process serves at one time; 0: it leaves them to others'),
  CAISSON_EVENT_RETENTION_DAYS: wholeNumber(1, 3650)
    .default(30)
    .describe('How long the output of runs and the results of batches are kept'),
}

export interface LimitsConfig {
  readonly maxSandboxes: number
  readonly maxRuns: number
  readonly batchWorkers: number
  readonly eventRetentionMs: number
}

export function readLimits(variables: z.output<z.ZodObject<typeof limitsVariables>>): LimitsConfig {
  return {
    maxSandboxes: variables.CAISSON_MAX_SANDBOXES,
    maxRuns: variables.CAISSON_MAX_RUNS,
    batchWorkers: variables.CAISSON_BATCH_WORKERS,
    eventRetentionMs: variables.CAISSON_EVENT_RETENTION_DAYS * 24 * hourMs,
  }
}
