import { isSandboxError } from '@caisson/core'
import type { Container } from 'dockerode'
import { Readable } from 'node:stream'
import { pack, type Pack } from 'tar-stream'
import { z } from 'zod'
import type { Engine } from './engine.ts'
import { property } from './map-error.ts'

/**
 * Has the engine unpack what `write` puts into the archive, below `path` of a container that does not run. The archive is never compressed:
 * engines that lack a fix (CVE-2026-41567) would unpack it with a program of the container.
 */
export async function putTar(
  engine: Engine,
  container: Container,
  path: string,
  write: (archive: Pack) => Promise<void>,
): Promise<void> {
  await engine.call('container', undefined, async (abortSignal) => {
    const archive = pack()
    const written = write(archive).then(
      () => archive.finalize(),
      (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
    )
    await container.putArchive(Readable.from(archive), { path, abortSignal })
    await written
  })
}

const statSchema = z.object({ mode: z.int() })

/** What a container has at that path, which the engine tells in a header. The container need not run. */
export async function statPath(
  engine: Engine,
  container: Container,
  path: string,
): Promise<z.infer<typeof statSchema> | undefined> {
  try {
    return await engine.call('container', undefined, async () => {
      const answer: unknown = await container.infoArchive({ path })
      const header = property(property(answer, 'headers'), 'x-docker-container-path-stat')
      return statSchema.parse(JSON.parse(Buffer.from(String(header), 'base64').toString('utf8')))
    })
  } catch (error) {
    if (isSandboxError(error) && error.code === 'sandbox-not-found') return undefined
    throw error
  }
}
