import { createHash } from 'node:crypto'
import {
  type Artifact,
  type ArtifactId,
  artifactIdSchema,
  concatBytes,
  kib,
  type OrganizationId,
  runIdSchema,
  SandboxError,
} from '@caisson/core'
import type { ArtifactStore } from '@caisson/engine'
import { and, asc, between, eq } from 'drizzle-orm'
import type { Database } from './database.ts'
import { artifactChunks, artifacts } from './schema.ts'
import { within } from './scope.ts'

/** All chunks of an artifact but the last have this size, so that a place in it is found without reading what comes before. */
const chunkBytes = 256 * kib

export interface PostgresArtifactStore extends ArtifactStore {
  /** A piece of an artifact; fewer bytes than `limitBytes` mean that it ends there. */
  readonly readRange: (
    organization: OrganizationId,
    id: ArtifactId,
    range: { readonly offset: number; readonly limitBytes: number },
  ) => Promise<{ readonly artifact: Artifact; readonly bytes: Uint8Array } | undefined>
}

export function createArtifactStore(database: Database): PostgresArtifactStore {
  const ofArtifact = (organization: OrganizationId, id: ArtifactId) =>
    within(artifactChunks, organization, eq(artifactChunks.artifact, id))

  const find = async (organization: OrganizationId, id: ArtifactId): Promise<Artifact | undefined> => {
    const [row] = await database
      .select()
      .from(artifacts)
      .where(within(artifacts, organization, eq(artifacts.id, id), eq(artifacts.complete, true)))
    return row === undefined ? undefined : toArtifact(row)
  }

  return {
    // Not one transaction: the bytes come from a sandbox, which may take its time, and must not hold a connection meanwhile.
    put: async (organization, artifact, data, limitBytes) => {
      const mine = within(artifacts, organization, eq(artifacts.id, artifact.id))
      await database
        .insert(artifacts)
        .values({ ...artifact, organization, sizeBytes: 0, sha256: '', complete: false, createdAtMs: Date.now() })
      try {
        const hash = createHash('sha256')
        let sizeBytes = 0
        let index = 0
        for await (const chunk of inChunks(data)) {
          sizeBytes += chunk.byteLength
          if (sizeBytes > limitBytes) throw tooLarge(artifact.path, limitBytes)
          hash.update(chunk)
          await database.insert(artifactChunks).values({ organization, artifact: artifact.id, index, bytes: chunk })
          index += 1
        }
        const sha256 = hash.digest('hex')
        await database.update(artifacts).set({ sizeBytes, sha256, complete: true }).where(mine)
        return { ...artifact, sizeBytes, sha256 }
      } catch (error) {
        await database.delete(artifacts).where(mine)
        throw error
      }
    },

    read: async (organization, id) => {
      const artifact = await find(organization, id)
      if (artifact === undefined) return undefined
      let index = 0
      const data = new ReadableStream<Uint8Array>({
        async pull(controller) {
          const [chunk] = await database
            .select({ bytes: artifactChunks.bytes })
            .from(artifactChunks)
            .where(and(ofArtifact(organization, id), eq(artifactChunks.index, index)))
          index += 1
          if (chunk === undefined) controller.close()
          else controller.enqueue(new Uint8Array(chunk.bytes))
        },
      })
      return { artifact, data }
    },

    readRange: async (organization, id, { offset, limitBytes }) => {
      const artifact = await find(organization, id)
      if (artifact === undefined) return undefined
      const end = Math.min(offset + limitBytes, artifact.sizeBytes)
      if (offset >= end) return { artifact, bytes: new Uint8Array() }
      const first = Math.floor(offset / chunkBytes)
      const rows = await database
        .select({ bytes: artifactChunks.bytes })
        .from(artifactChunks)
        .where(
          and(ofArtifact(organization, id), between(artifactChunks.index, first, Math.floor((end - 1) / chunkBytes))),
        )
        .orderBy(asc(artifactChunks.index))
      const start = first * chunkBytes
      return { artifact, bytes: concatBytes(rows.map(({ bytes }) => bytes)).subarray(offset - start, end - start) }
    },
  }
}

function toArtifact({ id, run, path, sizeBytes, sha256 }: typeof artifacts.$inferSelect): Artifact {
  return { id: artifactIdSchema.parse(id), run: runIdSchema.parse(run), path, sizeBytes, sha256 }
}

function tooLarge(path: string, limitBytes: number): SandboxError {
  return new SandboxError('too-large', 'store', `${path} is larger than ${limitBytes} bytes`, { field: 'artifacts' })
}

/** The same bytes, cut anew. */
async function* inChunks(data: ReadableStream<Uint8Array>): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = []
  let size = 0
  for await (const given of data) {
    for (let rest = given; rest.byteLength > 0;) {
      const part = rest.subarray(0, chunkBytes - size)
      rest = rest.subarray(part.byteLength)
      parts.push(part)
      size += part.byteLength
      if (size < chunkBytes) continue
      yield Buffer.concat(parts)
      parts = []
      size = 0
    }
  }
  if (size > 0) yield Buffer.concat(parts)
}
