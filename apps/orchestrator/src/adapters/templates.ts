import { isSandboxError, secondMs } from '@caisson/core'
import { type LocalTemplate, readLocalTemplates } from '@caisson/template-builder/local'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { Engine } from './engine-address.ts'

/** How old what is known of the folder may be. */
const freshMs = secondMs

/**
 * What was built for the local adapter, as of a moment ago: builds that end meanwhile are seen. What cannot be read is none, and is logged.
 */
export async function builtTemplates(
  directory: string,
  logger: Pick<Logger, 'warn'>,
): Promise<() => Readonly<Record<string, LocalTemplate>>> {
  const read = async (): Promise<Readonly<Record<string, LocalTemplate>>> =>
    await readLocalTemplates(directory).catch((err: unknown) => {
      logger.warn({ err, directory }, 'the built templates cannot be read')
      return {}
    })
  let known = await read()
  let lookedAtMs = Date.now()
  const look = async (): Promise<void> => {
    const now = await read()
    if (JSON.stringify(now) !== JSON.stringify(known)) known = now
  }
  return () => {
    if (Date.now() - lookedAtMs > freshMs) {
      lookedAtMs = Date.now()
      void look()
    }
    return known
  }
}

/** A template of a container engine. */
interface EngineTemplate {
  readonly image: string
  readonly pull?: 'if-missing' | undefined
  readonly user?: LocalTemplate['user'] | undefined
}

/** Those that suit most operations, before all others: the first is the default. */
const suited = ['code-interpreter', 'base']

/** What is configured, then what was built and is on the engine now. */
export async function engineTemplates(
  { templateDirectory, engines }: Config,
  { target, engine }: { readonly target: 'docker' | 'podman'; readonly engine: Engine },
  logger: Pick<Logger, 'warn'>,
): Promise<Readonly<Record<string, EngineTemplate>>> {
  const named = engines.images.map(({ name, image }) => [name, { image, pull: 'if-missing' as const }] as const)
  const { readEngineTemplates } = await import('@caisson/template-builder')
  // Whoever reaches an engine through SSH names its images.
  if ('ssh' in engine) return Object.fromEntries(named)
  const flat = 'host' in engine ? { host: engine.host, port: engine.port, ...engine.tls } : engine
  const built = await readEngineTemplates(templateDirectory, { target, options: flat }).catch((err: unknown) => {
    const facts = isSandboxError(err) ? { reason: err.message, remedy: err.remedy } : { err }
    logger.warn(facts, 'the templates of an engine cannot be read')
    return {}
  })
  const rank = (name: string) => (suited.includes(name) ? suited.indexOf(name) : suited.length)
  const ordered = Object.entries(built).toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
  const others = ordered.filter(([name]) => !named.some(([taken]) => taken === name))
  return Object.fromEntries([...named, ...others])
}
