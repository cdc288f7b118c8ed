import type { Environment } from '@caisson/core'
import { exists, type Manifest, namePath, readHistory, readManifest, readNames } from './store.ts'

/** A template as the local adapter's option `templates` takes it. */
export interface LocalTemplate {
  /** Follows the name: after a build or a rollback it leads to the new version. */
  readonly rootfs: string
  readonly user: Manifest['user']
  readonly workdir: string
  readonly env: Environment
  readonly command: readonly [string, ...string[]]
  readonly resources: Manifest['resources']
  readonly privileges: Manifest['privileges']
}

/** What was built for the target `local`, by name. */
export async function readLocalTemplates(stateDirectory: string): Promise<Readonly<Record<string, LocalTemplate>>> {
  const store = { root: stateDirectory }
  const found: Record<string, LocalTemplate> = {}
  for (const name of await readNames(store)) {
    const version = (await readHistory(store, name)).at(-1)
    const manifest = version === undefined ? undefined : await readManifest(store, name, version)
    const rootfs = `${namePath(store, name)}/rootfs`
    if (manifest === undefined || !(await exists(rootfs))) continue
    const { user, workdir, env, command, resources, privileges } = manifest
    const [program = '/bin/sh', ...words] = command
    found[name] = { rootfs, user, workdir, env, command: [program, ...words], resources, privileges }
  }
  return found
}
