import type { Hierarchy } from '../cgroup/hierarchy.ts'
import type { Platform } from '../gvisor/platform.ts'

/** What this machine offers, found out once. */
export interface Machine {
  readonly runtime:
    | { readonly name: 'crun' | 'runc'; readonly path: string }
    | { readonly name: 'runsc'; readonly path: string; readonly platform: Platform }
  /** A statically linked init. */
  readonly init: string
  /** Directory with the daemon, its loader and its libraries. */
  readonly daemonDirectory: string
  readonly bootId: string
  /** Where a hybrid machine mounts version 2 of the control groups beside version 1. */
  readonly unifiedOfHybrid?: string | undefined
  readonly privilege:
    | {
        readonly kind: 'root'
        readonly hierarchy: Hierarchy
        /** Makes file systems. */
        readonly mkfs: string
        /** Asks the kernel for what no other program does: mounts with mapped ids. */
        readonly perl?: string | undefined
      }
    /** An ordinary user in a user namespace of its own: no control groups and no loop devices. */
    | { readonly kind: 'rootless' }
}
