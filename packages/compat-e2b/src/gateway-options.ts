import type { TemplateBuilds } from '@caisson/compat-kit'
import type { E2bHost } from './host.ts'
import type { Registry } from './sandboxes/registry.ts'
import type { Sampler } from './sandboxes/sampler.ts'
import type { Tokens } from './sandboxes/tokens.ts'
import type { Workplaces } from './volumes/workplace.ts'

export interface E2bGatewayOptions {
  readonly host: E2bHost
  /** At least 32 random characters, the same for every replica. The tokens of sandboxes and volumes are derived from it. */
  readonly secret: string
  /**
   * Host name, with its port unless 443, below which sandboxes are found as `<port>-<id>.<domain>`. Absent: only by header; clients are then told
   * `localhost` and the port that they used themselves.
   */
  readonly domain?: string | undefined
  /** Absent: templates are not built for clients, which are told so. */
  readonly builds?: TemplateBuilds | undefined
}

/** What every part of the gateway works with. */
export interface Services {
  readonly host: E2bHost
  readonly registry: Registry
  readonly sampler: Sampler
  readonly tokens: Tokens
  readonly volumeContent: Workplaces
  readonly domain: string | undefined
  readonly builds: TemplateBuilds | undefined
}
