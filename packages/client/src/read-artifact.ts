import { artifactPieceSchema, maxReadBytes } from '@caisson/api/schemas'
import { decodeBase64 } from './base64.ts'
import type { Connection } from './connection.ts'

/** Streams an artifact piece by piece; asks for the next one only when it is wanted. */
export function readArtifact(connection: Connection, id: string): ReadableStream<Uint8Array> {
  let offset = 0
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const piece = await connection.ask(
        artifactPieceSchema,
        async (trpc) => await trpc.artifacts.read.query({ id, offset }),
      )
      const bytes = decodeBase64(piece.base64)
      offset += bytes.byteLength
      if (bytes.byteLength > 0) controller.enqueue(bytes)
      if (bytes.byteLength < maxReadBytes) controller.close()
    },
  })
}
