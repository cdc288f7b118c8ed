import type { CallOptions } from '@caisson/core'

/** A program to run in a sandbox, as a line for a shell and the variables that it needs. */
export interface KeeperCommand {
  /** After `perl -e <bootstrap>`: what the keeper is to do. */
  readonly words: readonly (string | number)[]
  /** What it is to start, in base64; empty when it is to start nothing. */
  readonly spec: string
}

/** A program in the sandbox whose lines go to and from the keeper of one process. */
export interface Relay {
  /** Sends lines to the keeper, in order. */
  readonly send: (lines: string) => Promise<void>
  /** Ends the relay. The process that it is about goes on. */
  readonly close: () => void
}

export interface RelayEvents {
  readonly onLine: (line: string) => void
  /** Told once: the relay is over, by itself or by this failure. */
  readonly onEnd: (error: unknown) => void
}

/** What the keeper needs of an adapter to work in one sandbox. */
export interface KeeperLink {
  readonly adapter: string
  /** Starts a relay that runs the keeper's program. `options` hold until it stands. */
  readonly openRelay: (command: KeeperCommand, events: RelayEvents, options: CallOptions) => Promise<Relay>
  /** Runs the keeper's program to its end and gives what it printed. */
  readonly run: (command: KeeperCommand, options: CallOptions | undefined) => Promise<string>
  /** What a failure that came outside of a call means: that the sandbox is gone, or paused, or only that something broke off. */
  readonly explain: (error: unknown) => Promise<unknown>
  /** What to do about a user that was asked for. */
  readonly userRemedy: string
}
