import type { BuilderContext } from './options.ts'
import { type Manifest, readHistory, readNames, readVersions } from './store.ts'

export interface TemplateVersions {
  readonly name: string
  /** What the name stands for. */
  readonly current: string
  /** Newest first. */
  readonly versions: readonly Manifest[]
}

/** Every name with all its versions that are here. */
export async function list({ stateDirectory }: BuilderContext): Promise<readonly TemplateVersions[]> {
  const store = { root: stateDirectory }
  const names = (await readNames(store)).toSorted()
  return await Promise.all(
    names.map(async (name) => ({
      name,
      current: (await readHistory(store, name)).at(-1) ?? '',
      versions: await readVersions(store, name),
    })),
  )
}
