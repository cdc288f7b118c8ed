import { createHash } from 'node:crypto'
import { type Artifact, concatBytes, SandboxError } from '@caisson/core'
import type { ArtifactStore } from '../ports/artifact-store.ts'

export function createMemoryArtifactStore(): ArtifactStore {
  const stored = new Map<string, { readonly artifact: Artifact; readonly bytes: Uint8Array<ArrayBuffer> }>()
  return {
    put: async (organization, artifact, data, limitBytes) => {
      const parts: Uint8Array[] = []
      let sizeBytes = 0
      for await (const part of data) {
        sizeBytes += part.byteLength
        if (sizeBytes > limitBytes) {
          throw new SandboxError('too-large', 'store', `${artifact.path} is larger than ${limitBytes} bytes`, {
            field: 'artifacts',
          })
        }
        parts.push(part)
      }
      const bytes = concatBytes(parts)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const kept: Artifact = { ...artifact, sizeBytes, sha256 }
      stored.set(`${organization}/${artifact.id}`, { artifact: kept, bytes })
      return kept
    },
    read: async (organization, id) => {
      const found = stored.get(`${organization}/${id}`)
      if (found === undefined) return undefined
      return { artifact: found.artifact, data: new Blob([found.bytes]).stream() }
    },
  }
}
