import type { BaseSource } from './base.ts'
import { builderError } from './builder-error.ts'
import type { DaytonaOptions } from './daytona/daytona.ts'
import type { E2bOptions } from './e2b/e2b.ts'
import type { EngineOptions } from './engine.ts'
import type { EngineTarget } from './targets.ts'

export interface TemplateBuilderOptions {
  /** Where versions, names and buildah's storage lie. Absolute. */
  readonly stateDirectory: string
  /** What `"parent": "debian"` is made by. */
  readonly base: BaseSource
  /** The container engines of targets. Default for `docker`: `DOCKER_HOST`, else the usual socket; for `podman`: the usual socket. */
  readonly engines?: Partial<Readonly<Record<EngineTarget, EngineOptions>>> | undefined
  /** The account of the target `e2b`. */
  readonly e2b?: E2bOptions | undefined
  /** The account of the target `daytona`. */
  readonly daytona?: DaytonaOptions | undefined
  /**
   * Certificates that instructions of a Dockerfile which declares `ARG CA_CERTIFICATES` can read during the build, for networks that have their own.
   * Nothing of them stays in the image. Default: the machine's bundle.
   */
  readonly certificates?: string | undefined
}

export interface BuilderContext extends TemplateBuilderOptions {
  readonly certificates: string
}

/** The account of a provider. */
export function accountOf<Provider extends 'e2b' | 'daytona'>(
  context: BuilderContext,
  provider: Provider,
): NonNullable<BuilderContext[Provider]> {
  const account = context[provider]
  if (account !== undefined) return account
  throw builderError('unauthenticated', `cannot build for ${provider}: there is no key`, { field: provider })
}

export const defaultCertificates = '/etc/ssl/certs/ca-certificates.crt'
