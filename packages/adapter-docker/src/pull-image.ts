import { type CallOptions, SandboxError } from '@caisson/core'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import type { Engine } from './engine.ts'
import { property } from './map-error.ts'
import type { PullProgress, RegistryCredentials } from './options.ts'

/** What fetching images needs to know. */
export interface Pulling {
  readonly registries: Readonly<Record<string, RegistryCredentials>>
  readonly onPullProgress: (progress: PullProgress) => void
}

/** Images are large, and registries far away. */
const pullLimitMs = 3_600_000

const messageSchema = z.object({
  status: z.string().optional(),
  id: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).nullish(),
  error: z.string().optional(),
  errorDetail: z.object({ code: z.number().optional(), message: z.string().optional() }).nullish(),
})

/** Has the engine fetch an image from its registry. */
export async function pullImage(engine: Engine, pulling: Pulling, image: string, options?: CallOptions): Promise<void> {
  const credentials = pulling.registries[registryOf(image)]
  const authconfig = credentials === undefined ? undefined : { ...credentials, serveraddress: registryOf(image) }
  await engine.call('image', { ...options, limitMs: pullLimitMs }, async (abortSignal) => {
    // dockerode keeps what it is given out of the address only when it comes in two places.
    const answer = await engine.docker
      .createImage(authconfig ?? {}, { fromImage: withTag(image), abortSignal })
      .catch((error: unknown) => {
        // Docker passes on what the registry said with a status that tells nothing.
        if (typeof property(error, 'statusCode') === 'number') throw pullFailure(engine, image, error)
        throw error
      })
    await followPull(engine, pulling, image, answer as Readable)
  })
}

async function followPull(engine: Engine, pulling: Pulling, image: string, answer: Readable): Promise<void> {
  // It may break after it was read to the end of what matters.
  answer.on('error', () => undefined)
  try {
    for await (const line of createInterface({ input: answer, crlfDelay: Infinity })) {
      if (line.trim() === '') continue
      const message = messageSchema.parse(JSON.parse(line))
      if (message.error !== undefined || message.errorDetail != null) {
        throw pullFailure(engine, image, message.errorDetail?.message ?? message.error)
      }
      pulling.onPullProgress({
        image,
        status: message.status ?? '',
        layer: message.id,
        doneBytes: message.progressDetail?.current,
        totalBytes: message.progressDetail?.total,
      })
    }
  } finally {
    answer.destroy()
  }
}

/** Engines say in words only why the registry would not give the image. */
function pullFailure(engine: Engine, image: string, cause: unknown): SandboxError {
  const said = cause instanceof Error ? cause.message : String(cause)
  return new SandboxError('template-not-found', engine.adapter, `the engine cannot fetch ${image}: ${said.trim()}`, {
    field: 'template',
    remedy: `check the name, and the credentials for ${registryOf(image)} in \`registries\``,
    cause,
  })
}

/** The registry's host as it is written in the reference, else Docker Hub's. */
export function registryOf(image: string): string {
  const first = image.slice(0, Math.max(0, image.indexOf('/')))
  return /[.:]/.test(first) || first === 'localhost' ? first : 'docker.io'
}

/** Without a tag the engine would fetch every one that there is. */
export function withTag(image: string): string {
  return image.includes('@') || /:[^/]*$/.test(image) ? image : `${image}:latest`
}
