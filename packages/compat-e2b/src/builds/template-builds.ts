import type { Resources } from '@caisson/core'

/** What is built: a Dockerfile that begins with `FROM ${BASE}`, and the files that it takes. */
export interface BuildJob {
  /** The adapters' name for what comes of it. */
  readonly name: string
  /** What `BASE` stands for: a template of the adapters, or `debian`. */
  readonly parent: string
  readonly dockerfile: string
  /** Archives that the Dockerfile adds, by their name in the build context. */
  readonly files: ReadonlyMap<string, ReadableStream<Uint8Array>>
  readonly resources: Partial<Resources>
  /** Told of every line that the build prints. */
  readonly onLine: (text: string) => void
}

/** `line`: of the Dockerfile, counted from 1, where one of its instructions is to blame. */
export type BuildOutcome =
  | { readonly kind: 'built' }
  | { readonly kind: 'failed'; readonly message: string; readonly line?: number | undefined }

/**
 * Builds templates for clients. What a build runs is not in a sandbox: it has the rights that the builder has on its machine. Who offers this trusts
 * everybody who has a key.
 */
export interface TemplateBuilds {
  /** Resolves when the adapters can make sandboxes of it. Rejects only when the builder itself fails. */
  readonly build: (job: BuildJob) => Promise<BuildOutcome>
}
