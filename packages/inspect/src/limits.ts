import { mib } from '@caisson/core'

/** What one part may take before inspection itself stops and says so. */
export const partLimits = { steps: 2_000_000, cpuMs: 400 }

/** What inspection may take before it is taken away from outside. */
export interface InspectorLimits {
  /** For one part. More than `partLimits` needs, so that only what does not stop by itself is stopped. */
  readonly partMs: number
  /** For a whole operation, waiting for others included. */
  readonly operationMs: number
  /** For a whole operation of very many parts, per part: a batch brings thousands of documents along. */
  readonly shareMs: number
  /** For what JavaScript holds. */
  readonly heapBytes: number
}

export const defaultLimits: InspectorLimits = { partMs: 3000, operationMs: 6000, shareMs: 25, heapBytes: 256 * mib }

/** For what the parsers hold, in pages of 64 KiB. */
export const parserPages = { initial: 512, maximum: 4096 }

export const maxFindings = 200
