import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { assertDone, buildahScript, hasImage, isOutOfSpace } from './buildah.ts'
import { builderError, errnoOf, spaceRemedy } from './builder-error.ts'
import type { OnBuildEvent } from './events.ts'
import { sha256 } from './inputs.ts'
import { runIsolated } from './isolated.ts'
import { withLock } from './lock.ts'
import type { Store } from './store.ts'

/** Where base roots come from and where they are kept. Several state directories may share one. */
export interface BaseSource {
  /**
   * A shell script that is called with an empty folder and leaves `root.tar` and `packages` in it: a whole root file system, and text that is the same
   * for the same content.
   */
  readonly script: string
  readonly directory: string
}

export interface Base {
  readonly version: string
  /** The root file system. */
  readonly archive: string
}

const recordSchema = z.strictObject({ version: z.string().regex(/^[0-9a-f]{16}$/) })

/** The base that was made last; undefined when none was, or when its script changed. */
export async function findBase(source: BaseSource): Promise<Base | undefined> {
  const text = await readFile(join(source.directory, `${await recipe(source)}.json`), 'utf8').catch(
    (error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw error
    },
  )
  if (text === undefined) return undefined
  const { version } = recordSchema.parse(JSON.parse(text))
  return { version, archive: join(source.directory, version, 'root.tar') }
}

export interface EnsureBaseOptions {
  readonly template: string
  readonly onEvent: OnBuildEvent
  readonly signal?: AbortSignal | undefined
  /** Makes it anew, to take in what the distribution has mended since. */
  readonly refresh: boolean
}

/** Makes the base unless it is there. Its version is that of its content: made anew with the same packages it is the same. */
export async function ensureBase(source: BaseSource, options: EnsureBaseOptions): Promise<Base> {
  const { template, onEvent, signal } = options
  const found = options.refresh ? undefined : await findBase(source)
  if (found !== undefined) return found
  await mkdir(source.directory, { recursive: true })
  const onWait = (holder: string) => onEvent({ type: 'waiting', for: holder })
  const lock = { purpose: 'making the base', onWait, wait: true, signal }
  return await withLock(join(source.directory, 'lock'), lock, async () => {
    const foundNow = options.refresh ? undefined : await findBase(source)
    if (foundNow !== undefined) return foundNow
    onEvent({ type: 'phase', template, phase: 'base' })
    const unfinished = await mkdtemp(join(source.directory, 'unfinished-'))
    try {
      return await make(source, unfinished, options)
    } finally {
      await rm(unfinished, { recursive: true, force: true })
    }
  })
}

async function make(source: BaseSource, unfinished: string, options: EnsureBaseOptions): Promise<Base> {
  const { template, onEvent, signal } = options
  const onLine = (text: string) => onEvent({ type: 'output', template, text })
  const { exitCode, tail } = await runIsolated(['sh', source.script, unfinished], { cwd: unfinished, signal, onLine })
  if (exitCode !== 0) {
    if (isOutOfSpace(tail)) throw builderError('no-space', 'making the base: no space left', { remedy: spaceRemedy })
    throw builderError('provider', `the base could not be made: ${tail.slice(-5).join('\n')}`, {
      remedy: `run it by hand to see why: sh ${source.script} DIRECTORY`,
    })
  }
  const packages = await readFile(join(unfinished, 'packages'), 'utf8')
  const made = await recipe(source)
  const version = sha256(`${made}\n${packages}`).slice(0, 16)
  const directory = join(source.directory, version)
  await rename(unfinished, directory).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST') throw error
  })
  await writeFile(join(source.directory, `${made}.json`), `${JSON.stringify({ version })}\n`)
  return { version, archive: join(directory, 'root.tar') }
}

async function recipe({ script }: BaseSource): Promise<string> {
  return sha256(await readFile(script)).slice(0, 16)
}

export const baseImage = ({ version }: Base) => `localhost/caisson-base:${version}`

const importScript = `
archive=$1 image=$2
shift 2
container=$("$@" from scratch)
root=$("$@" mount "$container")
tar -C "$root" --extract --numeric-owner --xattrs --xattrs-include='*' --file "$archive"
"$@" umount "$container" >/dev/null
"$@" commit --quiet --rm "$container" "$image" >/dev/null
`

/** Brings the base into buildah's storage. */
export async function importBase(store: Store, base: Base, signal: AbortSignal | undefined): Promise<void> {
  if (await hasImage(store, baseImage(base))) return
  assertDone(
    await buildahScript(store, importScript, [base.archive, baseImage(base)], { signal }),
    'importing the base root',
  )
}
