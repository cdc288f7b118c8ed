import type { Resources } from '@caisson/core'

/** What is built: a Dockerfile that begins with `FROM ${BASE}`, and the files that it takes. */
export interface BuildJob {
  /** The adapters' name for what comes of it. */
  readonly name: string
  /** What `BASE` stands for: a template of the adapters, or `debian`. Its user is the user of what is built. */
  readonly parent: string
  /** Where it declares `ARG SANDBOX_USER` and `ARG SANDBOX_HOME`, these are the name and the home of the user. */
  readonly dockerfile: string
  /** Files of the build context, by their names. */
  readonly files: ReadonlyMap<string, ReadableStream<Uint8Array>>
  /** Archives (tar) that are unpacked into the build context, one after the other. */
  readonly contexts?: readonly ReadableStream<Uint8Array>[] | undefined
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
