import type { Price } from '@caisson/core'

/** What a template is at Daytona. Only of an image can a sandbox be made whose size the spec gives: those of a snapshot have the snapshot's. */
export type DaytonaTemplate = { readonly image: string } | { readonly snapshot: string }

export interface DaytonaAdapterOptions {
  /** How policies and decisions name it. Default: `daytona`. */
  readonly name?: string | undefined
  /** Key of the organization that owns and pays the sandboxes. Nothing is read from the environment. */
  readonly apiKey: string
  /** Where Daytona is. Default: its cloud, `https://app.daytona.io/api`. */
  readonly apiUrl?: string | undefined
  /** The region in which sandboxes are made. Default: `us`. */
  readonly target?: string | undefined
  /** Sandboxes of other namespaces of the same organization are not seen. Default: `default`. */
  readonly namespace?: string | undefined
  /** By the name that specs use; the first is the default. A name that is not among them is taken for a snapshot. Default: `python` and `node`, images of Debian. */
  readonly templates?: Readonly<Record<string, DaytonaTemplate>> | undefined
  /** Whether sizes have to be whole processors and GiB, as in Daytona's cloud. Default: true. */
  readonly wholeSizes?: boolean | undefined
  /**
   * What sandboxes may be let out to. Daytona's lists name hosts and no ports. With `web` a policy is taken whose rules name hosts on port 80 or 443, and
   * opens all that Daytona opens with them. Default: `none`, which refuses every policy that lets anything out.
   */
  readonly egress?: 'none' | 'web' | undefined
  /** The longest life of a sandbox. Default: 24 hours. */
  readonly maxTtlMs?: number | undefined
  /** Where a Daytona of one's own runs. Default: `remote`. */
  readonly locality?: 'machine' | 'remote' | undefined
  /** What its sandboxes truly are. Default: `container`: they share a kernel, as in Daytona's cloud. */
  readonly isolation?: 'container' | 'gvisor' | 'microvm' | undefined
  readonly price?: Price | undefined
}
