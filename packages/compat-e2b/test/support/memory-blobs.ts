import type { E2bBlobs } from '../../src/index.ts'

/** Blobs that end with the process. */
export function createMemoryBlobs(): E2bBlobs {
  const blobs = new Map<string, Blob>()
  return {
    put: async (organization, id, data) => void blobs.set(`${organization}/${id}`, await new Response(data).blob()),
    get: async (organization, id) => blobs.get(`${organization}/${id}`)?.stream(),
    remove: async (organization, id) => void blobs.delete(`${organization}/${id}`),
  }
}
