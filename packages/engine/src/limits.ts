import { hourMs, kib, mib, secondMs } from '@caisson/core'

/** Bounds of what one run may take from the engine. */
export interface Limits {
  /** Output of one process after which it is killed with outcome `output-limit`. Default 1 GiB. */
  readonly outputBytes: number
  /** Output of one run that is kept as events: the first that comes. The rest is counted as dropped. Default 8 MiB. */
  readonly keptOutputBytes: number
  /** Standard output, and standard error, in the value of a run: the beginning and the end. Default 64 KiB each. */
  readonly valueTextBytes: number
  /** Text of a parsed document or body of a response. Default 4 MiB. */
  readonly contentBytes: number
  /** One artifact. Default 256 MiB. */
  readonly artifactBytes: number
  /** Artifacts of one run. Default 200. */
  readonly artifactCount: number
  /** How long a question to a person stays open. Default 24 hours. */
  readonly approvalMs: number
  /** How long `adapter.create` may take before the next candidate is tried. Default 60 s. */
  readonly createMs: number
  /** How long a sandbox may take to answer, beside what runs in it. Default 30 s. */
  readonly answerMs: number
  /** How long a claim on a run lasts unless renewed; it is renewed three times as often. Default 15 s. */
  readonly claimMs: number
  /** How long the sandbox of a session lives after its last operation. Default 5 minutes. */
  readonly sessionMs: number
  /** Runs that one engine works on at one time; the others are queued. Default 64. */
  readonly concurrentRuns: number
}

export const defaultLimits: Limits = {
  outputBytes: 1024 * mib,
  keptOutputBytes: 8 * mib,
  valueTextBytes: 64 * kib,
  contentBytes: 4 * mib,
  artifactBytes: 256 * mib,
  artifactCount: 200,
  approvalMs: 24 * hourMs,
  createMs: 60 * secondMs,
  answerMs: 30 * secondMs,
  claimMs: 15 * secondMs,
  sessionMs: 300 * secondMs,
  concurrentRuns: 64,
}
