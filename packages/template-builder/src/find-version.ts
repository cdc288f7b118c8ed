import { findOnDaytona } from './daytona/daytona.ts'
import { findOnE2b } from './e2b/e2b.ts'
import { engineOf, findOnEngine } from './engine.ts'
import { accountOf, type BuilderContext } from './options.ts'
import { exists, rootfsPath, type Store } from './store.ts'
import type { Target } from './targets.ts'

/** Whether a version is somewhere, and whether all is done there that the template's name stands for it: only engines and E2B have names of their own. */
export async function findVersion(
  context: BuilderContext,
  store: Store,
  { name, version, target }: { readonly name: string; readonly version: string; readonly target: Target },
): Promise<'absent' | 'present' | 'named'> {
  switch (target) {
    case 'local':
      return (await exists(rootfsPath(store, name, version))) ? 'named' : 'absent'
    case 'docker':
    case 'podman':
      return await findOnEngine(engineOf(context, target), name, version)
    case 'e2b':
      return await findOnE2b(accountOf(context, 'e2b'), name, version)
    case 'daytona':
      return (await findOnDaytona(accountOf(context, 'daytona'), name, version)) === 'present' ? 'named' : 'absent'
  }
}
