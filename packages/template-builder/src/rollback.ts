import { builderError } from './builder-error.ts'
import { nameOnE2b } from './e2b/e2b.ts'
import { engineOf, nameOnEngine } from './engine.ts'
import type { OnBuildEvent } from './events.ts'
import { findVersion } from './find-version.ts'
import { withLock } from './lock.ts'
import { accountOf, type BuilderContext } from './options.ts'
import { lockPath, openStore, readHistory, readManifest, type Store, writeHistory } from './store.ts'
import { isEngine, type Target } from './targets.ts'

export interface RollbackOptions {
  /** The version to go back to. Default: the one before. */
  readonly version?: string | undefined
  /** Where the name moves. An engine must have the version already. Default: `local`. */
  readonly targets?: readonly Target[] | undefined
  /** Told when a build or the like goes first. */
  readonly onEvent?: OnBuildEvent | undefined
  /** Ends the wait for others. */
  readonly signal?: AbortSignal | undefined
}

/** Lets a name stand for an older version again. Nothing is built and nothing is removed. */
export async function rollback(
  context: BuilderContext,
  name: string,
  options: RollbackOptions = {},
): Promise<{ readonly from: string; readonly to: string }> {
  const { targets = ['local'], onEvent, signal } = options
  const store = await openStore(context.stateDirectory)
  if ((await readHistory(store, name)).length === 0) {
    throw builderError('template-not-found', `there is no template named ${name}`, {
      field: 'name',
      remedy: 'caisson template list shows what there is',
    })
  }
  const onWait = (holder: string) => onEvent?.({ type: 'waiting', for: holder })
  return await withLock(lockPath(store), { purpose: `a rollback of ${name}`, onWait, wait: true, signal }, async () => {
    const history = await readHistory(store, name)
    const from = history.at(-1) ?? ''
    const to = options.version ?? history.at(-2)
    if (to === undefined) {
      throw builderError('conflict', `${name} has had one version only`, {
        remedy: 'name a version of caisson template list with --to',
      })
    }
    if ((await readManifest(store, name, to)) === undefined) {
      throw builderError('template-not-found', `${name} has no version ${to}`, {
        field: 'version',
        remedy: 'caisson template list shows what there is',
      })
    }
    for (const target of targets) await assertThere(context, store, { name, version: to, target })
    for (const target of targets) {
      if (isEngine(target)) await nameOnEngine(engineOf(context, target), name, to)
      if (target === 'e2b') await nameOnE2b(accountOf(context, 'e2b'), name, to)
    }
    await writeHistory(store, name, options.version === undefined ? history.slice(0, -1) : [...history, to])
    return { from, to }
  })
}

async function assertThere(
  context: BuilderContext,
  store: Store,
  { name, version, target }: { readonly name: string; readonly version: string; readonly target: Target },
): Promise<void> {
  if ((await findVersion(context, store, { name, version, target })) !== 'absent') return
  throw builderError('template-not-found', `${name} ${version} was never built for ${target}`, {
    field: 'targets',
    remedy: 'go back for the targets that have it, with --for, or bring its sources back and build it',
  })
}
