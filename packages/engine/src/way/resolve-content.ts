import {
  artifactIdSchema,
  concatBytes,
  type Content,
  encodeText,
  OperationError,
  type OrganizationId,
} from '@caisson/core'
import type { ArtifactStore } from '../ports/artifact-store.ts'

/** The bytes that an operation brings along, as a stream. `field` names them in the error for an artifact that is not there. */
export async function openContent(
  artifacts: ArtifactStore,
  organization: OrganizationId,
  { content, field }: { readonly content: Content; readonly field: string },
): Promise<Uint8Array | ReadableStream<Uint8Array>> {
  if ('text' in content) return encodeText(content.text)
  if ('base64' in content) return Buffer.from(content.base64, 'base64')
  const stored = await artifacts.read(organization, artifactIdSchema.parse(content.artifact))
  if (stored === undefined) {
    throw new OperationError('artifact-not-found', `there is no artifact ${content.artifact}`, {
      field: `${field}.artifact`,
    })
  }
  return stored.data
}

/** As `openContent`, whole. A larger one is cut at `limitBytes`: for inspection, which looks at the beginning. */
export async function readContent(
  artifacts: ArtifactStore,
  organization: OrganizationId,
  { content, field, limitBytes }: { readonly content: Content; readonly field: string; readonly limitBytes: number },
): Promise<Uint8Array> {
  const opened = await openContent(artifacts, organization, { content, field })
  if (opened instanceof Uint8Array) return opened.subarray(0, limitBytes)
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of opened) {
    parts.push(part)
    size += part.byteLength
    if (size >= limitBytes) break
  }
  return concatBytes(parts).subarray(0, limitBytes)
}
