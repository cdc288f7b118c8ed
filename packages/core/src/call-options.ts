/** Accepted by every call that can wait. */
export interface CallOptions {
  /** Gives the call up: it rejects with `SandboxError` `cancelled` and leaves nothing half made. */
  readonly signal?: AbortSignal | undefined
  /** Point in time (milliseconds since the epoch) after which the call rejects with `SandboxError` `timeout`. */
  readonly deadline?: number | undefined
}
