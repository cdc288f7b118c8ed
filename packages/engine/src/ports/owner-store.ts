/** Which engines live. An engine that no longer renews its beat is dead, and what it left may be taken over. */
export interface OwnerStore {
  readonly beat: (owner: string, untilMs: number) => Promise<void>
  /** Ids of those whose beat reaches past `nowMs`. */
  readonly listAlive: (nowMs: number) => Promise<readonly string[]>
  /** Idempotent. */
  readonly remove: (owner: string) => Promise<void>
}
