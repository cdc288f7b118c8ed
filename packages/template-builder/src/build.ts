import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { type Base, ensureBase, findBase, importBase } from './base.ts'
import { hasImage, removeContainers } from './buildah.ts'
import { builderError, mapError } from './builder-error.ts'
import { checkImage } from './check-image.ts'
import { buildOnDaytona } from './daytona/daytona.ts'
import { buildOnE2b, nameOnE2b } from './e2b/e2b.ts'
import { engineOf, findOnEngine, nameOnEngine, pushToEngine } from './engine.ts'
import type { OnBuildEvent } from './events.ts'
import { findVersion } from './find-version.ts'
import { checkUser, imageConfig } from './image-config.ts'
import { ensureImage, imageName } from './image.ts'
import { withLock } from './lock.ts'
import { assertMachine } from './machine.ts'
import { accountOf, type BuilderContext } from './options.ts'
import {
  clearWork,
  exists,
  lockPath,
  openStore,
  readHistory,
  readManifest,
  rootfsPath,
  type Store,
  workPath,
  writeHistory,
  writeManifest,
} from './store.ts'
import type { Target } from './targets.ts'
import { readAncestry, type TemplateSource } from './template-file.ts'
import { unpackImage } from './unpack-image.ts'
import { type ParentImage, type Wanted, wantedVersions } from './version-chain.ts'

export interface BuildOptions {
  /** Default: `local`. */
  readonly targets?: readonly Target[] | undefined
  readonly onEvent?: OnBuildEvent | undefined
  /** Ends the build; the call rejects with `cancelled` and leaves nothing half made. */
  readonly signal?: AbortSignal | undefined
  /** Whether to wait while another build is under way; otherwise that is a `conflict`. Default: true. */
  readonly wait?: boolean | undefined
  /** Makes the base anew first, to take in what the distribution has mended since. */
  readonly refreshBase?: boolean | undefined
  /** Builds on its parent as that was built last, whatever the parent's sources say now. One that was never built is built first, as usual. */
  readonly asBuilt?: boolean | undefined
}

export interface BuildResult {
  readonly name: string
  readonly version: string
  /** `unchanged` when every target had this version under this name before. */
  readonly outcome: 'built' | 'unchanged'
  /** Where the local target has its root file system. */
  readonly rootfs: string | undefined
}

/** Builds what its sources say now, for each target that does not have it yet, and lets the name stand for it. */
export async function build(
  context: BuilderContext,
  directory: string,
  options: BuildOptions = {},
): Promise<BuildResult> {
  const { targets = ['local'], onEvent = () => undefined, signal, wait = true, refreshBase = false } = options
  const lineage = await readAncestry(directory)
  const store = await openStore(context.stateDirectory).catch((error: unknown) => {
    throw mapError(error, `opening ${context.stateDirectory}`)
  })
  const from = options.asBuilt === true ? await builtParent(store, lineage) : undefined
  const ancestry = from === undefined ? lineage : [last(lineage)]
  const base = refreshBase ? undefined : await baseOf(context, ancestry)
  if (base !== undefined) {
    const wanted = last(await wantedVersions(ancestry, base.base, from))
    if (await isDone(context, store, wanted, targets)) return result(store, wanted, 'unchanged', targets)
  }
  await assertMachine()
  const { name } = last(ancestry)
  const lock = {
    purpose: `a build of ${name}`,
    onWait: (holder: string) => onEvent({ type: 'waiting', for: holder }),
    wait,
    signal,
  }
  try {
    return await withLock(lockPath(store), lock, async () => {
      await clearWork(store)
      const made = await make(context, store, ancestry, { targets, onEvent, signal, refreshBase, from }).catch(
        async (error: unknown) => {
          // What cannot be taken away now goes with the next build; why this one failed matters more.
          await tidy(store).catch(() => undefined)
          throw error
        },
      )
      await tidy(store)
      return made
    })
  } catch (error) {
    if (signal?.aborted === true) throw builderError('cancelled', `the build of ${name} was given up`, { cause: error })
    throw mapError(error, `building ${name}`)
  }
}

async function builtParent(store: Store, lineage: readonly TemplateSource[]): Promise<ParentImage | undefined> {
  const name = lineage.at(-2)?.name
  const version = name === undefined ? undefined : (await readHistory(store, name)).at(-1)
  if (name === undefined || version === undefined) return undefined
  const image = imageName(name, version)
  return (await hasImage(store, image)) ? { version, image } : undefined
}

async function tidy(store: Store): Promise<void> {
  try {
    await removeContainers(store)
  } finally {
    await clearWork(store)
  }
}

interface Making {
  readonly targets: readonly Target[]
  readonly onEvent: OnBuildEvent
  readonly signal: AbortSignal | undefined
  readonly refreshBase: boolean
  /** What the first of the ancestry is made from, if not from the base. */
  readonly from: ParentImage | undefined
}

async function make(
  context: BuilderContext,
  store: Store,
  ancestry: readonly TemplateSource[],
  making: Making,
): Promise<BuildResult> {
  const { targets, onEvent, signal } = making
  const { name } = last(ancestry)
  const base = needsBase(ancestry)
    ? await ensureBase(context.base, { template: name, onEvent, signal, refresh: making.refreshBase })
    : undefined
  const chain = await wantedVersions(ancestry, base, making.from)
  const wanted = last(chain)
  // Another may have done it while this one waited.
  if (await isDone(context, store, wanted, targets)) return result(store, wanted, 'unchanged', targets)
  if (base !== undefined) await importBase(store, base, signal)
  for (const { template, version, parentImage } of chain) {
    await ensureImage(
      store,
      template,
      { version, parentImage },
      { onEvent, signal, certificates: context.certificates },
    )
  }
  const { template, version, inputs } = wanted
  const image = imageName(name, version)
  if ((await readManifest(store, name, version)) === undefined) {
    const config = await imageConfig(store, image)
    checkUser(template, config)
    await checkImage(store, template, image, { onEvent, signal })
    const { resources, user, privileges } = template
    await writeManifest(store, {
      name,
      version,
      createdAtMs: Date.now(),
      inputs,
      resources,
      user,
      workdir: config.workdir ?? user.home,
      command: template.command ?? (config.command.length > 0 ? [...config.command] : ['/bin/sh']),
      privileges,
      env: { ...config.env, ...template.env },
    })
  }
  for (const target of targets) await publish(context, store, chain, { target, onEvent, signal })
  await moveName(store, name, version)
  return result(store, wanted, 'built', targets)
}

async function publish(
  context: BuilderContext,
  store: Store,
  chain: readonly Wanted[],
  making: Pick<Making, 'onEvent' | 'signal'> & { readonly target: Target },
): Promise<void> {
  const { target, onEvent, signal } = making
  const { template, version } = last(chain)
  const { name } = template
  switch (target) {
    case 'local': {
      const rootfs = rootfsPath(store, name, version)
      if (await exists(rootfs)) return
      onEvent({ type: 'phase', template: name, phase: 'unpack' })
      const unfinished = join(workPath(store), 'rootfs')
      await unpackImage(store, imageName(name, version), unfinished, signal)
      await rename(unfinished, rootfs)
      return
    }
    case 'docker':
    case 'podman': {
      const engine = engineOf(context, target)
      const found = await findOnEngine(engine, name, version)
      if (found === 'absent') {
        onEvent({ type: 'phase', template: name, phase: 'push' })
        await pushToEngine(store, engine, { name, version, signal })
      }
      if (found !== 'named') await nameOnEngine(engine, name, version)
      return
    }
    case 'e2b': {
      const account = accountOf(context, 'e2b')
      await buildOnE2b(account, chain, { onEvent, signal })
      await nameOnE2b(account, name, version)
      return
    }
    case 'daytona':
      await buildOnDaytona(accountOf(context, 'daytona'), chain, { onEvent, signal })
  }
}

/** A version that the name had before is not remembered twice in a row. */
async function moveName(store: Store, name: string, version: string): Promise<void> {
  const history = await readHistory(store, name)
  if (history.at(-1) !== version) await writeHistory(store, name, [...history, version])
}

async function isDone(
  context: BuilderContext,
  store: Store,
  { template: { name }, version }: Wanted,
  targets: readonly Target[],
): Promise<boolean> {
  if ((await readHistory(store, name)).at(-1) !== version) return false
  for (const target of targets) {
    if ((await findVersion(context, store, { name, version, target })) !== 'named') return false
  }
  return true
}

/** Undefined when the base that is needed was not made yet. */
async function baseOf(
  context: BuilderContext,
  ancestry: readonly TemplateSource[],
): Promise<{ readonly base: Base | undefined } | undefined> {
  if (!needsBase(ancestry)) return { base: undefined }
  const base = await findBase(context.base)
  return base === undefined ? undefined : { base }
}

function needsBase(ancestry: readonly TemplateSource[]): boolean {
  return ancestry[0]?.parent === 'debian'
}

function result(
  store: Store,
  wanted: Wanted,
  outcome: BuildResult['outcome'],
  targets: readonly Target[],
): BuildResult {
  const { template, version } = wanted
  const rootfs = targets.includes('local') ? rootfsPath(store, template.name, version) : undefined
  return { name: template.name, version, outcome, rootfs }
}

function last<T>(items: readonly T[]): T {
  const item = items.at(-1)
  if (item === undefined) throw builderError('protocol', 'a template has no ancestry')
  return item
}
