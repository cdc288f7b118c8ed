import type { Duplex } from 'node:stream'
import type { Sandbox } from '@caisson/core'

/** The raw way to a sandbox's daemon, for hosts that pass its protocol on. Whoever has it can do all that the daemon can: it never leaves the host. */
export interface DaemonLink {
  /** Opens a connection. Returns at once, possibly before the connection stands. */
  readonly dial: () => Duplex
  readonly accessToken: string
  /** The one user that callers may act as. Absent: any that the sandbox has. */
  readonly onlyUser?: string | undefined
}

const key = Symbol.for('@caisson/daemon-link')
type Linked = Sandbox & { readonly [key]: DaemonLink }

/** As a property under a symbol it goes along when a sandbox is wrapped by copying, and not into its restricted view. */
export function withDaemonLink(sandbox: Sandbox, link: DaemonLink): Sandbox {
  const linked: Linked = { ...sandbox, [key]: link }
  return linked
}

/** Absent when the sandbox has no daemon of ours, or belongs to an adapter that does not give it. */
export function daemonLinkOf(sandbox: Sandbox): DaemonLink | undefined {
  return isLinked(sandbox) ? sandbox[key] : undefined
}

function isLinked(sandbox: Sandbox): sandbox is Linked {
  return key in sandbox
}
