import type { BaseSource } from './base.ts'
import { builderError } from './builder-error.ts'
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
  /**
   * Certificates that instructions of a Dockerfile which declares `ARG CA_CERTIFICATES` can read during the build, for networks that have their own.
   * Nothing of them stays in the image. Default: the machine's bundle.
   */
  readonly certificates?: string | undefined
}

export interface BuilderContext extends TemplateBuilderOptions {
  readonly certificates: string
}

export function accountOf({ e2b }: BuilderContext): E2bOptions {
  if (e2b !== undefined) return e2b
  throw builderError('unauthenticated', 'cannot build for e2b: there is no key', {
    field: 'e2b',
    remedy: 'set E2B_API_KEY',
  })
}

export const defaultCertificates = '/etc/ssl/certs/ca-certificates.crt'
