import type { GatewayBlobs } from '@caisson/compat-kit'
import { artifactIdSchema, freshId, gib, runIdSchema } from '@caisson/core'
import type { ArtifactStore } from '@caisson/engine'
import { eq } from 'drizzle-orm'
import type { Database } from '../store/database.ts'
import { artifacts } from '../store/schema.ts'
import { within } from '../store/scope.ts'

const largestBytes = 1 * gib

/** Archives of sandboxes' files lie with the artifacts, under a run that never was. */
export function createBlobStore(database: Database, store: ArtifactStore): GatewayBlobs {
  return {
    put: async (organization, id, data) => {
      const artifact = { id: artifactIdSchema.parse(id), run: runIdSchema.parse(freshId('held')), path: 'files.tar' }
      await store.put(organization, artifact, data, largestBytes)
    },
    get: async (organization, id) => (await store.read(organization, artifactIdSchema.parse(id)))?.data,
    remove: async (organization, id) => {
      await database.delete(artifacts).where(within(artifacts, organization, eq(artifacts.id, id)))
    },
  }
}
