import type { SandboxInfo } from '@caisson/core'
import type { Entry } from './entry.ts'
import { openRules } from './header-rules.ts'
import type { SandboxRecord } from './record.ts'
import type { Tokens } from './tokens.ts'

/** Clients turn features on by it: this is what the data plane does. */
const envdVersion = '0.6.13'
const clientId = 'caisson'

/** Answer of create, connect and fork. */
export function sandboxView(record: SandboxRecord, tokens: Tokens, domain: string | undefined): object {
  return {
    sandboxID: record.id,
    templateID: record.template,
    clientID: clientId,
    envdVersion,
    envdAccessToken: tokens.envd(record.id),
    ...(record.network?.allowPublicTraffic === false ? { trafficAccessToken: tokens.traffic(record.id) } : {}),
    ...(record.alias === undefined ? {} : { alias: record.alias }),
    ...(domain === undefined ? {} : { domain }),
  }
}

/** How long a paused sandbox is said to last: it does until somebody ends it. */
export function stateOf({ record, info }: Pick<Entry, 'record' | 'info'>): 'running' | 'paused' {
  return record.paused !== undefined || info.state === 'paused' ? 'paused' : 'running'
}

/** One item of a list. */
export function listedView(record: SandboxRecord, info: SandboxInfo): object {
  return {
    sandboxID: record.id,
    templateID: record.template,
    clientID: clientId,
    envdVersion,
    ...(record.alias === undefined ? {} : { alias: record.alias }),
    startedAt: new Date(record.startedAtMs).toISOString(),
    endAt: new Date(info.expiresAtMs).toISOString(),
    state: stateOf({ record, info }),
    cpuCount: record.cpuCount,
    memoryMB: record.memoryMb,
    diskSizeMB: record.diskMb,
    metadata: record.metadata,
    volumeMounts: record.volumeMounts,
  }
}

/** Answer of `GET /sandboxes/{id}`. */
export function detailView(
  record: SandboxRecord,
  info: SandboxInfo,
  more: { readonly tokens: Tokens; readonly domain: string | undefined },
): object {
  const { egressProxy, ...network } = record.network ?? {}
  const rules = openRules(record.rules, more.tokens)
  return {
    ...listedView(record, info),
    envdAccessToken: more.tokens.envd(record.id),
    ...(more.domain === undefined ? {} : { domain: more.domain }),
    allowInternetAccess: record.internet,
    ...(record.network === undefined
      ? {}
      : {
          network: {
            ...network,
            // A secret is told by its name, as it was asked for.
            ...(rules === undefined ? {} : { rules }),
            ...(egressProxy === undefined
              ? {}
              : { egressProxy: { address: egressProxy.address, username: egressProxy.username } }),
          },
        }),
    lifecycle: { onTimeout: record.onTimeout, autoResume: record.autoResume },
  }
}
