/** Where one sandbox lives on this machine: what its OCI configuration needs to know beside its spec. */
export interface SandboxPlace {
  readonly id: string
  /** First of the host's user and group ids that are this sandbox's own; its 0 is this one. */
  readonly idBase: number
  readonly idCount: number
  /** The merged root directory, as seen by the runtime. */
  readonly rootfs: string
  /** Shows the machine's own programs at /usr. */
  readonly hostUsr: boolean
  /** Whether programs may gain rights, up to those of root inside. */
  readonly sudo: boolean
  /** The daemon with its loader and libraries. */
  readonly daemonDirectory: string
  /** A statically linked init that reaps orphans. */
  readonly init: string
  /** Becomes /run/caisson: the daemon's socket and configuration. */
  readonly runDirectory: string
  /** Whether its boot id is its own: a file of the run directory, over the machine's. */
  readonly ownBootId?: boolean | undefined
  /** Becomes /run/caisson-egress: the host's gateway listens in it. */
  readonly egressDirectory?: string | undefined
  /** Directories that other sandboxes share, and where they are shown. */
  readonly volumes: readonly { readonly source: string; readonly path: string; readonly readOnly: boolean }[]
  /** Where the sandbox reads its own memory figures. Absent where no cgroup holds it. */
  readonly memoryView?: { readonly source: string; readonly destination: string } | undefined
  /** The control group that the runtime is to join, for a runtime that insists on doing so itself. */
  readonly cgroup?: string | undefined
}
