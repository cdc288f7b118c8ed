import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { E2bCaller } from '../host.ts'
import { resolveSource } from './source.ts'

export interface BuildParent {
  /** As the adapters name it, or `debian`. */
  readonly template: string
  /** What has to be done before the first step. */
  readonly before: readonly string[]
}

/** Images that we have the like of ourselves; there is no registry to take others from. */
const ownImages: readonly (readonly [RegExp, string])[] = [
  [/^(?:docker\.io\/)?e2bdev\/base(?::.*)?$/, 'base'],
  [/^(?:docker\.io\/)?e2bdev\/code-interpreter(?::.*)?$/, 'code-interpreter'],
  [/^(?:docker\.io\/)?(?:library\/)?debian:(?:12|bookworm|stable|12-slim|bookworm-slim|stable-slim)$/, 'debian'],
]
const bareDebian = [
  'RUN ["/bin/sh", "-ec", "command -v bash >/dev/null; id user >/dev/null 2>&1 || useradd --create-home --uid 1000 --user-group --shell /bin/bash user"]',
]

/** What a build begins with. */
export async function parentOf(
  services: Services,
  {
    fromImage,
    fromTemplate,
    fromImageRegistry,
  }: {
    readonly fromImage?: string | null | undefined
    readonly fromTemplate?: string | null | undefined
    readonly fromImageRegistry?: unknown
  },
  caller: E2bCaller,
): Promise<BuildParent> {
  if (fromImageRegistry !== undefined && fromImageRegistry !== null)
    throw new E2bError(400, 'fromImageRegistry: images are not taken from registries here')
  if (typeof fromTemplate === 'string' && fromTemplate !== '')
    return await templateNamed(services, fromTemplate, caller)
  const image = fromImage ?? 'e2bdev/base'
  const [, own] = ownImages.find(([pattern]) => pattern.test(image)) ?? []
  if (own === 'debian') return { template: 'debian', before: bareDebian }
  if (own !== undefined) return await templateNamed(services, own, caller)
  throw new E2bError(
    400,
    `fromImage: '${image}' is not here, and images are not taken from registries: begin with fromTemplate(), debian:12 or the default`,
  )
}

async function templateNamed(services: Services, name: string, caller: E2bCaller): Promise<BuildParent> {
  const { template, prepare } = await resolveSource(services, name, caller)
  if (template === undefined || template === 'host' || (prepare !== undefined && template === name))
    throw new E2bError(400, `fromTemplate: nothing can be built on '${name}'`)
  return { template, before: [] }
}
