import Docker from 'dockerode'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { assertDone, buildah, isOutOfSpace } from './buildah.ts'
import { builderError, errnoOf } from './builder-error.ts'
import { imageName } from './image.ts'
import type { BuilderContext } from './options.ts'
import { type Store, workPath } from './store.ts'
import type { EngineTarget } from './targets.ts'

/** How the engine is reached. */
export type EngineOptions =
  | { readonly socketPath: string }
  /** TCP; with a key and certificates (PEM) through TLS. */
  | {
      readonly host: string
      readonly port: number
      readonly ca?: string
      readonly cert?: string
      readonly key?: string
    }

/** The engine of a target. */
export interface Engine {
  readonly target: EngineTarget
  /** Absent: found by what the environment says. */
  readonly options: EngineOptions | undefined
}

const variables = { docker: 'DOCKER_HOST', podman: 'CAISSON_PODMAN_HOST' } as const

export function engineOf({ engines }: BuilderContext, target: EngineTarget): Engine {
  const usual = target === 'podman' ? { socketPath: '/run/podman/podman.sock' } : undefined
  return { target, options: engines?.[target] ?? usual }
}

/** The image's name on an engine, without its version. */
export const repository = (name: string) => `caisson/${name}`
const engineReference = (name: string, version: string) => `${repository(name)}:${version}`

/** Whether the engine has this version, and whether the name stands for it there. */
export async function findOnEngine(
  engine: Engine,
  name: string,
  version: string,
): Promise<'absent' | 'present' | 'named'> {
  const [own, named] = await Promise.all([
    imageId(engine, engineReference(name, version)),
    imageId(engine, engineReference(name, 'latest')),
  ])
  if (own === undefined) return 'absent'
  return own === named ? 'named' : 'present'
}

/** Whether the name stands for any version there. */
export async function hasOnEngine(engine: Engine, name: string): Promise<boolean> {
  return (await imageId(engine, engineReference(name, 'latest'))) !== undefined
}

/** Sends a version to the engine. The name does not move. */
export async function pushToEngine(
  store: Store,
  engine: Engine,
  {
    name,
    version,
    signal,
  }: { readonly name: string; readonly version: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const archive = join(workPath(store), 'image.tar')
  const target = `docker-archive:${archive}:docker.io/${engineReference(name, version)}`
  try {
    assertDone(await buildah(store, ['push', imageName(name, version), target], { signal }), 'packing the image')
    await call(engine, async (docker) => {
      await load(docker, archive)
      // The archive carries the name that the image has here too.
      await docker.getImage(imageName(name, version)).remove().catch(ignoreAbsence)
    })
  } finally {
    await rm(archive, { force: true })
  }
}

const answerSchema = z.array(z.looseObject({ error: z.string().optional() }))

/** An engine that fails on the way has said before that all is well; the reason is among what it answers. */
async function load(docker: Docker, archive: string): Promise<void> {
  const answer = await docker.loadImage(createReadStream(archive))
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  docker.modem.followProgress(answer, (error, lines) => (error === null ? resolve(lines) : reject(error)))
  const said = answerSchema.parse(await promise).find(({ error }) => error !== undefined)?.error
  if (said !== undefined) throw new Error(said)
}

/** Takes a version away, unless the name stands for it there, a container is made from it, or it is not there. */
export async function removeFromEngine(engine: Engine, name: string, version: string): Promise<void> {
  if ((await findOnEngine(engine, name, version)) !== 'present') return
  await call(engine, async (docker) => {
    await docker
      .getImage(engineReference(name, version))
      .remove()
      .catch((error: unknown) => {
        if (statusOf(error) !== 409) throw error
      })
  })
}

/** Lets the name stand for a version that the engine has. */
export async function nameOnEngine(engine: Engine, name: string, version: string): Promise<void> {
  await call(engine, async (docker) => {
    await docker.getImage(engineReference(name, version)).tag({ repo: repository(name), tag: 'latest' })
  })
}

async function imageId(engine: Engine, reference: string): Promise<string | undefined> {
  return await call(engine, async (docker) => {
    try {
      return (await docker.getImage(reference).inspect()).Id
    } catch (error) {
      if (statusOf(error) === 404) return undefined
      throw error
    }
  })
}

async function call<T>(engine: Engine, work: (docker: Docker) => Promise<T>): Promise<T> {
  try {
    return await work(new Docker(engine.options))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (statusOf(error) === 404) {
      throw builderError('template-not-found', `${engine.target} does not have it: ${message}`, {
        remedy: `build it for this engine: caisson template build DIRECTORY --for ${engine.target}`,
        cause: error,
      })
    }
    if (
      ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EACCES', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'].includes(errnoOf(error))
    ) {
      throw builderError('unavailable', `${engine.target} does not answer: ${message}`, {
        remedy: `sh infra/provision/${engine.target}.sh start, or name another engine in ${variables[engine.target]}`,
        cause: error,
      })
    }
    if (isOutOfSpace([message])) {
      throw builderError('no-space', `the disk of ${engine.target} is full: ${message}`, {
        remedy: `free space where ${engine.target} keeps its images, for example with \`${engine.target} system prune\`, then build again`,
        cause: error,
      })
    }
    throw builderError('provider', `${engine.target} refused: ${message}`, { cause: error })
  }
}

function ignoreAbsence(error: unknown): void {
  if (statusOf(error) !== 404) throw error
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined
  return typeof error.statusCode === 'number' ? error.statusCode : undefined
}
