import { readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { baseImage, findBase } from './base.ts'
import { assertDone, buildah, hasImage } from './buildah.ts'
import { builderError } from './builder-error.ts'
import { engineOf, removeFromEngine } from './engine.ts'
import type { OnBuildEvent } from './events.ts'
import { imageName } from './image.ts'
import { withLock } from './lock.ts'
import type { BuilderContext } from './options.ts'
import {
  clearWork,
  lockPath,
  namePath,
  openStore,
  readHistory,
  readNames,
  readVersions,
  type Store,
  versionPath,
  workPath,
  writeHistory,
} from './store.ts'
import type { EngineTarget } from './targets.ts'

export interface PruneOptions {
  /** How many versions each name keeps: the one that it stands for, then those that it stood for last, then the newest. Default: 2. */
  readonly keep?: number | undefined
  /**
   * How long ago a name must have moved, in milliseconds, before what it stood for until then is removed: a sandbox that began before that may still
   * run on it. Default: a day.
   */
  readonly unusedForMs?: number | undefined
  /** Engines from which the versions are removed too. Default: none. */
  readonly engines?: readonly EngineTarget[] | undefined
  /** Only tells what would be removed. */
  readonly dryRun?: boolean | undefined
  /** Told when a build or the like goes first. */
  readonly onEvent?: OnBuildEvent | undefined
  /** Ends the wait for others. */
  readonly signal?: AbortSignal | undefined
}

export interface PruneResult {
  readonly removed: readonly { readonly name: string; readonly version: string }[]
  /** Versions that would have gone, but for `unusedForMs`. */
  readonly tooYoung: readonly { readonly name: string; readonly version: string }[]
  /** Roots of Debian that nothing would be made from again. */
  readonly bases: number
  /** By how much the file system got emptier. Others write there too. */
  readonly freedBytes: number
}

const dayMs = 24 * 60 * 60 * 1000

/** Removes old versions, and layers and bases that nothing is made from. What a name stands for is never removed. */
export async function prune(context: BuilderContext, options: PruneOptions = {}): Promise<PruneResult> {
  const { keep = 2, unusedForMs = dayMs, engines = [], dryRun = false, onEvent, signal } = options
  if (!Number.isInteger(keep) || keep < 1) {
    throw builderError('invalid-argument', 'a name keeps one version at least', { field: 'keep' })
  }
  const store = await openStore(context.stateDirectory)
  const onWait = (holder: string) => onEvent?.({ type: 'waiting', for: holder })
  return await withLock(lockPath(store), { purpose: 'pruning', onWait, wait: true, signal }, async () => {
    const before = await freeBytes(store)
    const old = (await Promise.all((await readNames(store)).map(async (name) => await oldOf(store, name, keep)))).flat()
    const isUnused = ({ movedAtMs }: Old) => Date.now() - movedAtMs >= unusedForMs
    const removed = old.filter(isUnused)
    const bases = await oldBases(context)
    if (!dryRun) {
      await clearWork(store)
      for (const one of removed) await removeVersion(context, store, one, engines)
      for (const base of bases) await removeBase(context, store, base)
      if (removed.length + bases.length > 0) await removeLayers(store)
      await clearWork(store)
    }
    const plain = ({ name, version }: Old) => ({ name, version })
    return {
      removed: removed.map(plain),
      tooYoung: old.filter((one) => !isUnused(one)).map(plain),
      bases: bases.length,
      freedBytes: dryRun ? 0 : Math.max(0, (await freeBytes(store)) - before),
    }
  })
}

interface Old {
  readonly name: string
  readonly version: string
  readonly movedAtMs: number
}

async function oldOf(store: Store, name: string, keep: number): Promise<readonly Old[]> {
  const [history, versions] = [await readHistory(store, name), await readVersions(store, name)]
  const there = new Set(versions.map(({ version }) => version))
  const lately = [...new Set([...history.toReversed(), ...there])].filter((version) => there.has(version))
  const { mtimeMs } = await stat(`${namePath(store, name)}.json`)
  return lately.slice(keep).map((version) => ({ name, version, movedAtMs: mtimeMs }))
}

/** Nobody sees half of one: it is taken out of the way first. */
async function removeVersion(
  context: BuilderContext,
  store: Store,
  { name, version }: Old,
  engines: readonly EngineTarget[],
): Promise<void> {
  const history = await readHistory(store, name)
  if (history.includes(version)) {
    await writeHistory(
      store,
      name,
      history.filter((one) => one !== version),
    )
  }
  for (const target of engines) await removeFromEngine(engineOf(context, target), name, version)
  const away = join(workPath(store), `${name}-${version}`)
  await rename(versionPath(store, name, version), away)
  await rm(away, { recursive: true, force: true })
  const image = imageName(name, version)
  if (await hasImage(store, image)) assertDone(await buildah(store, ['rmi', image]), `removing ${image}`)
}

/** Images without a name that no other image is made from. */
async function removeLayers(store: Store): Promise<void> {
  assertDone(await buildah(store, ['rmi', '--prune']), 'removing layers')
}

/** The versions of all but the one from which templates would be made now. */
async function oldBases({ base }: BuilderContext): Promise<readonly string[]> {
  const current = await findBase(base).catch(() => undefined)
  if (current === undefined) return []
  const found = await readdir(base.directory, { withFileTypes: true })
  return found
    .filter((entry) => entry.isDirectory() && /^[0-9a-f]{16}$/.test(entry.name) && entry.name !== current.version)
    .map(({ name }) => name)
}

/** Images that were made from it keep its layers. */
async function removeBase({ base: { directory } }: BuilderContext, store: Store, version: string): Promise<void> {
  const archive = join(directory, version)
  await rm(archive, { recursive: true, force: true })
  const image = baseImage({ version, archive })
  if (await hasImage(store, image)) assertDone(await buildah(store, ['rmi', image]), `removing ${image}`)
}

async function freeBytes({ root }: Store): Promise<number> {
  const { bavail, bsize } = await statfs(root)
  return bavail * bsize
}
