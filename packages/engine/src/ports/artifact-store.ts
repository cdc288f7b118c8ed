import type { Artifact, ArtifactId, OrganizationId, RunId } from '@caisson/core'

export interface NewArtifact {
  readonly id: ArtifactId
  readonly run: RunId
  readonly path: string
}

export interface StoredArtifact {
  readonly artifact: Artifact
  readonly data: ReadableStream<Uint8Array>
}

export interface ArtifactStore {
  /**
   * Stores the stream and reckons size and hash. A stream of more than `limitBytes`, or one that fails, leaves nothing behind and
   * rejects; the former with `SandboxError` `too-large`.
   */
  readonly put: (
    organization: OrganizationId,
    artifact: NewArtifact,
    data: ReadableStream<Uint8Array>,
    limitBytes: number,
  ) => Promise<Artifact>
  readonly read: (organization: OrganizationId, id: ArtifactId) => Promise<StoredArtifact | undefined>
}
