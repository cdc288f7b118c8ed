import { environmentSchema, resourcesSchema } from '@caisson/core'
import { access, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { builderError, errnoOf } from './builder-error.ts'
import { inputsSchema } from './inputs.ts'
import { templateSchema } from './template-file.ts'

/** Where everything lies, below the state directory. */
export interface Store {
  readonly root: string
}

/** What is known of a version. Written once and never changed. */
export const manifestSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  createdAtMs: z.number(),
  inputs: inputsSchema,
  resources: resourcesSchema.partial(),
  user: templateSchema.shape.user,
  /** Where processes start. */
  workdir: z.string(),
  command: z.array(z.string()),
  privileges: templateSchema.shape.privileges,
  env: environmentSchema,
})
export type Manifest = z.infer<typeof manifestSchema>

/** The versions that a name stood for, the present one last. */
const namesSchema = z.strictObject({ versions: z.array(z.string()).min(1) })

export const lockPath = ({ root }: Store) => join(root, 'lock')
export const storagePath = ({ root }: Store) => join(root, 'storage')
export const workPath = ({ root }: Store) => join(root, 'work')
export const versionPath = ({ root }: Store, name: string, version: string) => join(root, 'versions', name, version)
export const rootfsPath = (store: Store, name: string, version: string) =>
  join(versionPath(store, name, version), 'rootfs')
/** Leads to the version that the name stands for now. */
export const namePath = ({ root }: Store, name: string) => join(root, 'names', name)

/** What lies in versions is for root only: programs in it may gain rights. */
export async function openStore(root: string): Promise<Store> {
  await mkdir(root, { recursive: true, mode: 0o755 })
  for (const name of ['versions', 'names', 'work', 'storage']) {
    await mkdir(join(root, name), { recursive: true, mode: 0o700 })
  }
  return { root }
}

export async function readManifest(store: Store, name: string, version: string): Promise<Manifest | undefined> {
  const path = join(versionPath(store, name, version), 'manifest.json')
  const text = await readIfThere(path)
  if (text === undefined) return undefined
  const parsed = manifestSchema.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  throw builderError('protocol', `${path} is not a manifest of this version of Caisson`, {
    remedy: `remove ${versionPath(store, name, version)} and build again`,
    cause: parsed.error,
  })
}

/** Puts a version into the store. Nobody sees half of it. */
export async function writeManifest(store: Store, manifest: Manifest): Promise<void> {
  const unfinished = join(workPath(store), randomUUID())
  await mkdir(unfinished, { mode: 0o755 })
  await writeFile(join(unfinished, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  await mkdir(join(store.root, 'versions', manifest.name), { recursive: true, mode: 0o755 })
  await rename(unfinished, versionPath(store, manifest.name, manifest.version))
}

/** All names with the versions that they stood for. */
export async function readNames(store: Store): Promise<readonly string[]> {
  const found = await readdir(join(store.root, 'names')).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  })
  return found.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length))
}

/** The versions that a name stood for, the present one last. Empty for a name that nobody knows. */
export async function readHistory(store: Store, name: string): Promise<readonly string[]> {
  const text = await readIfThere(`${namePath(store, name)}.json`)
  return text === undefined ? [] : namesSchema.parse(JSON.parse(text)).versions
}

/** Lets a name stand for the last of these versions. The link follows the list at once, for those who start from it. */
export async function writeHistory(store: Store, name: string, versions: readonly string[]): Promise<void> {
  const version = versions.at(-1)
  if (version === undefined) return
  const path = namePath(store, name)
  const unfinished = join(workPath(store), randomUUID())
  await writeFile(unfinished, `${JSON.stringify({ versions })}\n`)
  await rename(unfinished, `${path}.json`)
  await symlink(join('..', 'versions', name, version), unfinished)
  await rename(unfinished, path)
}

/** All versions of a name that are there. */
export async function readVersions(store: Store, name: string): Promise<readonly Manifest[]> {
  const found = await readdir(join(store.root, 'versions', name)).catch(() => [])
  const manifests = await Promise.all(found.map(async (version) => await readManifest(store, name, version)))
  return manifests.filter((manifest) => manifest !== undefined).toSorted((a, b) => b.createdAtMs - a.createdAtMs)
}

export async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

/** Takes away what a build left that was killed. Only for who holds the lock. */
export async function clearWork(store: Store): Promise<void> {
  for (const name of await readdir(workPath(store))) {
    await rm(join(workPath(store), name), { recursive: true, force: true })
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  })
}
