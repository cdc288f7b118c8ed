import type { EgressListener } from '@caisson/adapter-kit'
import { type SandboxAdapter, SandboxError } from '@caisson/core'
import type { z } from 'zod'
import { createAdapter, localAdapterOptionsSchema } from './adapter.ts'
import type { Platform } from './gvisor/platform.ts'
import type { directoryTemplateSchema } from './template/template.ts'
import { adapterNames, type Tier } from './tier.ts'

type LocalTemplates = Readonly<Record<string, z.input<typeof directoryTemplateSchema>>>

export interface LocalAdapterOptions {
  /**
   * Where sandboxes, their disks and what is known of them lie. Created with mode 0700. Every process that names the same directory sees the same
   * sandboxes. Default: `/var/lib/caisson` for root, `~/.local/state/caisson` for others.
   */
  readonly stateDirectory?: string | undefined
  /**
   * `container` (the default): crun or runc, and the kernel of this machine. `gvisor`: runsc, a kernel in user space; its sandboxes can be paused,
   * copied and kept with what they have in memory. Both may share a state directory. The adapter is named `local` or `local-gvisor`.
   */
  readonly tier?: Tier | undefined
  /** The OCI runtime of the container tier. Default: crun, else runc. */
  readonly runtime?: 'crun' | 'runc' | undefined
  /** How gVisor catches system calls. Default: `systrap` where it works, else `ptrace`. */
  readonly platform?: Platform | undefined
  /**
   * Templates beside `host`, by name: each a directory that holds a whole root file system, which is only ever read. A function is asked at each use, so that templates
   * can come while the adapter is in use; what it gives must not change as long as it is the same object.
   */
  readonly templates?: LocalTemplates | (() => LocalTemplates) | undefined
  /**
   * How many disks and control groups are kept ready for sandboxes of the last kind, so that a creation need not wait for them. Default 1. Each
   * takes one idle shell and its share of the disk until the adapter is disposed or the process ends.
   */
  readonly preparedSandboxes?: number | undefined
  /** Told of every connection that a sandbox tried to make, granted or denied. */
  readonly onEgress?: EgressListener | undefined
  /**
   * Authorities whose certificates are believed of hosts into whose requests a policy puts headers, as PEM texts, beside those that Node trusts: for services of
   * your own. Default: none.
   */
  readonly egressAuthorities?: readonly string[] | undefined
}

/**
 * Sandboxes on this machine through an OCI runtime, without any daemon on the host. Nothing happens before the first call. An option that is not
 * valid is `invalid-argument`.
 */
export function createLocalAdapter(options: LocalAdapterOptions = {}): SandboxAdapter {
  const { onEgress, ...rest } = options
  const parsed = localAdapterOptionsSchema.safeParse(rest)
  if (parsed.success) return createAdapter(parsed.data, onEgress)
  const [issue] = parsed.error.issues
  throw new SandboxError('invalid-argument', adapterNames[options.tier ?? 'container'], issue?.message ?? 'not valid', {
    field: issue?.path.map(String).join('.'),
    cause: parsed.error,
  })
}
