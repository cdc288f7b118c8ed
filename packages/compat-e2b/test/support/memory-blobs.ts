import type { GatewayBlobs } from '@caisson/compat-kit'

/** Blobs that end with the process. */
export function createMemoryBlobs(): GatewayBlobs {
  const blobs = new Map<string, Blob>()
  return {
    put: async (organization, id, data) => void blobs.set(`${organization}/${id}`, await new Response(data).blob()),
    get: async (organization, id) => blobs.get(`${organization}/${id}`)?.stream(),
    remove: async (organization, id) => void blobs.delete(`${organization}/${id}`),
  }
}
