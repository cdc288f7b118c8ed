import { type Engine, hasOnEngine, repository } from './engine.ts'
import { type Manifest, readHistory, readManifest, readNames } from './store.ts'

/** A template as the option `templates` of an adapter for container engines takes it. */
export interface EngineTemplate {
  /** Follows the name: after a build or a rollback it leads to the new version. */
  readonly image: string
  readonly user: Manifest['user']
}

/** What was built here and is on the engine, by name. An engine that does not answer is `unavailable`. */
export async function readEngineTemplates(
  stateDirectory: string,
  engine: Engine,
): Promise<Readonly<Record<string, EngineTemplate>>> {
  const store = { root: stateDirectory }
  const found: Record<string, EngineTemplate> = {}
  for (const name of await readNames(store)) {
    const version = (await readHistory(store, name)).at(-1)
    const manifest = version === undefined ? undefined : await readManifest(store, name, version)
    if (manifest === undefined || !(await hasOnEngine(engine, name))) continue
    found[name] = { image: repository(name), user: manifest.user }
  }
  return found
}
