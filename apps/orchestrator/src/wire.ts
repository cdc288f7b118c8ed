import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalAdapterOptions } from '@caisson/adapter-local'
import type { SandboxAdapter } from '@caisson/core'
import type { EgressFeed } from '@caisson/engine'
import type { Logger } from 'pino'
import { chooseAdapters, type Wire } from './adapters/choose-adapters.ts'
import { type EngineAddress, reachEngine } from './adapters/engine-address.ts'
import { readRegistryCredentials } from './adapters/registry-credentials.ts'
import { builtTemplates, engineTemplates } from './adapters/templates.ts'
import type { Config } from './config.ts'
import type { SecretBox } from './services/secret-box.ts'

export interface Wiring {
  readonly logger: Logger
  /** Told of connections that were denied to sandboxes. */
  readonly egress: EgressFeed['tell']
  /** For adapters that keep what goes into requests where others may look. Absent: they put nothing into any. */
  readonly secretBox?: Pick<SecretBox, 'seal' | 'unseal'> | undefined
}

/** The adapters of the service. The only place that names any. Each is loaded only when it may be on. */
export async function wireAdapters(
  config: Config,
  { logger, egress, secretBox }: Wiring,
): Promise<readonly SandboxAdapter[]> {
  const wire: Wire = async (choice, isNamed) => {
    switch (choice.adapter) {
      case 'local':
        return await wireLocal(config, choice.tier, { logger, egress })
      case 'docker': {
        const { runtime } = choice
        const name = runtime === undefined ? 'docker' : `docker-${runtime}`
        return await wireEngine(config, {
          name,
          target: 'docker',
          address: config.engines.docker,
          runtime,
          isNamed,
          logger,
          egress,
          secretBox,
        })
      }
      case 'podman':
        return await wireEngine(config, {
          name: 'podman',
          target: 'podman',
          address: config.engines.podman,
          isNamed,
          logger,
          egress,
          secretBox,
        })
      case 'e2b':
        return await wireE2b(config)
      case 'daytona':
        return await wireDaytona(config)
    }
  }
  return await chooseAdapters(config.adapters, wire, logger)
}

async function wireLocal(
  { stateDirectory, templateDirectory }: Config,
  tier: 'container' | 'gvisor',
  { logger, egress }: Wiring,
): Promise<SandboxAdapter> {
  const { createLocalAdapter } = await import('@caisson/adapter-local')
  return createLocalAdapter({
    tier,
    stateDirectory: join(stateDirectory, 'local'),
    templates: await builtTemplates(templateDirectory, logger),
    onEgress: tellDenied(egress),
  })
}

/** What adapters call with each connection that a sandbox tried to make. */
function tellDenied(tell: EgressFeed['tell']): NonNullable<LocalAdapterOptions['onEgress']> {
  return ({ sandbox, host, port, verdict, reason = 'not-allowed' }) => {
    if (verdict === 'denied') tell({ sandbox, host, port, reason })
  }
}

async function wireE2b({ e2bCloud, engines }: Config): ReturnType<Wire> {
  if (e2bCloud === undefined) return { reason: 'there is no key', remedy: 'set E2B_API_KEY' }
  const { apiKey, domain, url, templates, maxTtlMs, egress } = e2bCloud
  const { createE2bAdapter } = await import('@caisson/adapter-e2b')
  return createE2bAdapter({
    apiKey,
    domain,
    apiUrl: url,
    sandboxUrl: url,
    namespace: engines.namespace,
    maxTtlMs,
    egress,
    ...(templates.length === 0
      ? {}
      : { templates: Object.fromEntries(templates.map(({ name, image }) => [name, image])) }),
  })
}

async function wireDaytona({ daytonaCloud, engines }: Config): ReturnType<Wire> {
  if (daytonaCloud === undefined) return { reason: 'there is no key', remedy: 'set DAYTONA_API_KEY' }
  const { images, snapshots, ...account } = daytonaCloud
  const templates = {
    ...Object.fromEntries(images.map(({ name, image }) => [name, { image }])),
    ...Object.fromEntries(snapshots.map(({ name, image }) => [name, { snapshot: image }])),
  }
  const { createDaytonaAdapter } = await import('@caisson/adapter-daytona')
  return createDaytonaAdapter({
    ...account,
    namespace: engines.namespace,
    ...(Object.keys(templates).length === 0 ? {} : { templates }),
  })
}

interface EngineWiring extends Wiring {
  readonly name: string
  readonly target: 'docker' | 'podman'
  readonly address: EngineAddress
  readonly runtime?: string | undefined
  readonly isNamed: boolean
}

async function wireEngine(config: Config, wiring: EngineWiring): ReturnType<Wire> {
  const { name, target, address, runtime, isNamed, logger, egress, secretBox } = wiring
  if (!isNamed && 'socketPath' in address && !existsSync(address.socketPath)) {
    return { reason: `there is no engine at ${address.socketPath}` }
  }
  const { access, credentials, limits, namespace } = config.engines
  const engine = await reachEngine(address, access)
  const templates = await engineTemplates(config, { target, engine }, logger)
  if (!isNamed && Object.keys(templates).length === 0) {
    return {
      reason: 'no template was built for the engine',
      remedy: `caisson template build templates/code-interpreter --for ${target}`,
    }
  }
  const { createDockerAdapter } = await import('@caisson/adapter-docker')
  return createDockerAdapter({
    name,
    engine,
    namespace,
    registries: await readRegistryCredentials(credentials),
    onPullProgress: (step) => logger.debug(step, 'fetching an image'),
    onEgress: tellDenied(egress),
    secretBox,
    limits,
    ...(Object.keys(templates).length === 0 ? {} : { templates }),
    ...(runtime === undefined ? {} : { runtime }),
  })
}
