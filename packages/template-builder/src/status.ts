import { findBase } from './base.ts'
import { findVersion } from './find-version.ts'
import { differences } from './inputs.ts'
import type { BuilderContext } from './options.ts'
import { exists, readHistory, readManifest, rootfsPath, type Store } from './store.ts'
import type { Target } from './targets.ts'
import { readAncestry } from './template-file.ts'
import { wantedVersions } from './version-chain.ts'

export interface TemplateStatus {
  readonly name: string
  readonly state: 'current' | 'stale' | 'not-built'
  /** Why it is not current. Empty when it is. */
  readonly reasons: readonly string[]
  /** What the name stands for now. */
  readonly version: string | undefined
  /** What a build would make now; undefined while the base that it needs was never made. */
  readonly wanted: string | undefined
  /** Where the version that the name stands for is. */
  readonly targets: Readonly<Record<Target, Place>>
}

type Place = 'present' | 'absent' | 'unknown'

/** Compares what a template's name stands for with what its sources would give. Changes nothing. */
export async function status(context: BuilderContext, directory: string): Promise<TemplateStatus> {
  const store: Store = { root: context.stateDirectory }
  const ancestry = await readAncestry(directory)
  const needsBase = ancestry[0]?.parent === 'debian'
  const base = needsBase ? await findBase(context.base) : undefined
  const chain = await wantedVersions(ancestry, base)
  const name = ancestry.at(-1)?.name ?? ''
  const wanted = chain.at(-1)
  const version = (await readHistory(store, name)).at(-1)
  const common = {
    name,
    version,
    wanted: needsBase && base === undefined ? undefined : wanted?.version,
    targets: await whereIs(context, store, name, version),
  }
  const manifest = version === undefined ? undefined : await readManifest(store, name, version)
  if (manifest === undefined || wanted === undefined) {
    return { ...common, state: 'not-built', reasons: ['it was never built here'] }
  }
  if (needsBase && base === undefined) return { ...common, state: 'stale', reasons: ['the recipe of the base changed'] }
  const reasons = differences(manifest.inputs, wanted.inputs)
  if (reasons.length === 0) return { ...common, state: 'current', reasons }
  const rolledBack = await exists(rootfsPath(store, name, wanted.version))
  return {
    ...common,
    state: 'stale',
    reasons: [...reasons, ...(rolledBack ? ['it was rolled back: what the sources give is built already'] : [])],
  }
}

async function whereIs(
  context: BuilderContext,
  store: Store,
  name: string,
  version: string | undefined,
): Promise<TemplateStatus['targets']> {
  if (version === undefined)
    return { local: 'absent', docker: 'absent', podman: 'absent', e2b: 'absent', daytona: 'absent' }
  const place = async (target: Target): Promise<Place> =>
    await findVersion(context, store, { name, version, target }).then(
      (found) => (found === 'absent' ? 'absent' : 'present'),
      () => 'unknown',
    )
  const [local, docker, podman, e2b, daytona] = await Promise.all([
    place('local'),
    place('docker'),
    place('podman'),
    context.e2b === undefined ? ('absent' as const) : place('e2b'),
    context.daytona === undefined ? ('absent' as const) : place('daytona'),
  ])
  return { local, docker, podman, e2b, daytona }
}
