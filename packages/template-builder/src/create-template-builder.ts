import { build, type BuildOptions, type BuildResult } from './build.ts'
import { list, type TemplateVersions } from './list.ts'
import { type BuilderContext, defaultCertificates, type TemplateBuilderOptions } from './options.ts'
import { prune, type PruneOptions, type PruneResult } from './prune.ts'
import { rollback, type RollbackOptions } from './rollback.ts'
import { status, type TemplateStatus } from './status.ts'

/** Builds templates from folders with a Dockerfile and a template.json. One builds at a time in a state directory; others wait. */
export interface TemplateBuilder {
  readonly build: (directory: string, options?: BuildOptions) => Promise<BuildResult>
  readonly status: (directory: string) => Promise<TemplateStatus>
  readonly list: () => Promise<readonly TemplateVersions[]>
  readonly rollback: (
    name: string,
    options?: RollbackOptions,
  ) => Promise<{ readonly from: string; readonly to: string }>
  readonly prune: (options?: PruneOptions) => Promise<PruneResult>
}

export function createTemplateBuilder(options: TemplateBuilderOptions): TemplateBuilder {
  const context: BuilderContext = { ...options, certificates: options.certificates ?? defaultCertificates }
  return {
    build: async (directory, buildOptions) => await build(context, directory, buildOptions),
    status: async (directory) => await status(context, directory),
    list: async () => await list(context),
    prune: async (pruneOptions) => await prune(context, pruneOptions),
    rollback: async (name, rollbackOptions) => await rollback(context, name, rollbackOptions),
  }
}
