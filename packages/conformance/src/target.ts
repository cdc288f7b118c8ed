import type { SandboxAdapter } from '@caisson/core'

/** A requirement that an adapter is known to miss. Its check must fail: once it passes, the entry is stale and breaks the suite. */
export interface KnownFailure {
  readonly id: string
  readonly reason: string
}

/** Programs of the template, for what a shell alone cannot do. Each prints nothing but what is said here. */
export interface TargetPrograms {
  /** Listens on 127.0.0.1, prints `listening` and sends every byte back; closes a connection when the other side has. */
  readonly listen?: ((port: number) => readonly [string, ...string[]]) | undefined
  /** Connects over TCP and prints what the other side sends, until it closes. Another exit code than 0 when it cannot. */
  readonly connect?: ((host: string, port: number) => readonly [string, ...string[]]) | undefined
  /** Gets a URL, through the proxy that the environment names, and prints the body. Another exit code than 0 when refused. */
  readonly fetch?: ((url: string) => readonly [string, ...string[]]) | undefined
}

/** What the suite runs against. */
export interface ConformanceTarget {
  readonly name: string
  /** Called more than once: what one instance creates, the others must find, as two processes would. */
  readonly createAdapter: () => SandboxAdapter | Promise<SandboxAdapter>
  /** Template for all sandboxes of the suite. It needs a POSIX shell and the usual utilities. Default: the adapter's. */
  readonly template?: string | undefined
  readonly programs?: TargetPrograms | undefined
  readonly restrictions?: readonly KnownFailure[] | undefined
  /** Longest time for one check, in milliseconds. Default 20,000. */
  readonly checkTimeoutMs?: number | undefined
}
