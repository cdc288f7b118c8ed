import type { Price } from '@caisson/core'

export interface E2bAdapterOptions {
  /** How policies and decisions name it. Default: `e2b`. */
  readonly name?: string | undefined
  /** Key of the team that owns and pays the sandboxes. Nothing is read from the environment. */
  readonly apiKey: string
  /** Domain of a cloud that is laid out as E2B's: `api.<domain>` and `<port>-<id>.<domain>`. Default: `e2b.app`. */
  readonly domain?: string | undefined
  /** Where the control plane is, if not at `https://api.<domain>`. */
  readonly apiUrl?: string | undefined
  /** Where the data plane of all sandboxes is, if not below `domain`: an endpoint that tells sandboxes by header. */
  readonly sandboxUrl?: string | undefined
  /** Sandboxes of other namespaces of the same team are not seen. Default: `default`. */
  readonly namespace?: string | undefined
  /**
   * Templates by the name that specs use: each an id, an alias or a snapshot of E2B. The first is the default. A name that is not among them is asked of
   * E2B as it is. Default: `code-interpreter` for E2B's own `code-interpreter-v1`, and `base`.
   */
  readonly templates?: Readonly<Record<string, string>> | undefined
  /** The longest life that the team's plan allows. Default: one hour, which every plan does. */
  readonly maxTtlMs?: number | undefined
  /**
   * What sandboxes may be let out to. E2B's rules name hosts and open both ports of the web to each. With `web` a policy is taken whose rules name hosts on
   * port 80 or 443, and opens the other of the two as well. Default: `none`, which refuses every policy that lets anything out.
   */
  readonly egress?: 'none' | 'web' | undefined
  /**
   * Whether everybody who knows the address of a sandbox's port may use it, as is E2B's own default. Default: false, and then sandboxes have no address of
   * their own.
   */
  readonly publicPorts?: boolean | undefined
  /** Where a self-hosted E2B runs. Default: `remote`. */
  readonly locality?: 'machine' | 'remote' | undefined
  /** What its sandboxes truly are. Default: `microvm`, as in E2B's cloud. */
  readonly isolation?: 'container' | 'gvisor' | 'microvm' | undefined
  readonly price?: Price | undefined
}
