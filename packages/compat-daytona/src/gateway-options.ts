import type { TemplateBuilds } from '@caisson/compat-kit'
import type { DaytonaHost } from './host.ts'
import type { Registry } from './sandboxes/registry.ts'
import type { Contexts } from './storage/contexts.ts'
import type { Tokens } from './sandboxes/tokens.ts'

export interface DaytonaGatewayOptions {
  readonly host: DaytonaHost
  /** At least 32 random characters, the same for every replica. Keys and tokens of sandboxes are derived from it. */
  readonly secret: string
  /**
   * Host name, with its port unless 80 or 443, below which ports of sandboxes are served as `<port>-<id>.<domain>`. Absent: below the path
   * `/preview/<port>-<id>` of the gateway.
   */
  readonly domain?: string | undefined
  /** The address under which clients reach the gateway, when it is not the one that their requests name: behind a proxy that ends TLS. */
  readonly publicUrl?: string | undefined
  /** Absent: images are not built for clients, which are told so. */
  readonly builds?: TemplateBuilds | undefined
}

/** What every part of the gateway works with. */
export interface Services extends Pick<DaytonaGatewayOptions, 'host' | 'domain' | 'publicUrl' | 'builds'> {
  /** How a client's `ssh` reaches the SSH side, if there is one. */
  readonly ssh: () => { readonly host: string; readonly port: number } | undefined
  readonly registry: Registry
  readonly tokens: Tokens
  readonly contexts: Contexts
}
