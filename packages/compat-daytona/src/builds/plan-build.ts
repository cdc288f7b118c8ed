import type { GatewayCaller } from '@caisson/compat-kit'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import type { PlannedBuild } from './run-build.ts'
import { readDockerfile, rewriteDockerfile } from './read-dockerfile.ts'

/** What the stages of a Dockerfile begin with. */
export interface BuildParent {
  readonly template: string
  readonly prelude: readonly string[]
}

/** What a client sends of an image to build. */
export interface BuildWish {
  readonly dockerfileContent: string
  readonly contextHashes?: readonly string[] | undefined
}

/** Networks may have certificates of their own: during the build, and for no longer, programs know those of the machine that builds. */
const certificates = [
  'ARG CA_CERTIFICATES=/etc/ssl/certs/ca-certificates.crt',
  ...['SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'PIP_CERT', 'NODE_EXTRA_CA_CERTS', 'GIT_SSL_CAINFO'].map(
    (name) => `ARG ${name}=\${CA_CERTIFICATES}`,
  ),
]

/** A Dockerfile as a build of ours. All its images have to stand for one template. */
export async function planBuild(
  services: Services,
  wish: BuildWish,
  more: { readonly caller: GatewayCaller; readonly parentOf: (image: string) => Promise<BuildParent> },
): Promise<PlannedBuild> {
  const { builds, tokens } = services
  if (builds === undefined)
    throw new DaytonaError(
      422,
      'images are not built for clients here: what a build runs is not in a sandbox. Set CAISSON_DAYTONA_BUILDS=true if everybody with a key may, or build with `caisson template build` and use its name as the snapshot',
    )
  const { dockerfileContent, contextHashes = [] } = wish
  const { images } = readDockerfile(dockerfileContent)
  const [first, ...others] = await Promise.all(images.map(more.parentOf))
  if (first === undefined) throw new DaytonaError(422, 'an image that begins with nothing has no user for sandboxes')
  if (others.some(({ template }) => template !== first.template))
    throw new DaytonaError(
      422,
      `the stages begin with different images (${images.join(', ')}): one is all there can be`,
    )
  const { text, lineOf } = rewriteDockerfile(dockerfileContent, { prelude: [...certificates, ...first.prelude] })
  const { organization } = more.caller
  const id = tokens.build(organization, first.template, text, ...contextHashes)
  const now = Date.now()
  return {
    contextHashes,
    lineOf,
    job: { parent: first.template, dockerfile: text, files: new Map(), resources: {} },
    record: {
      id,
      organization,
      adapterTemplate: `daytona-${id}`,
      status: 'building',
      logs: images.map((image) => `${image}: the template ${first.template} stands for it`),
      createdAtMs: now,
      updatedAtMs: now,
    },
  }
}
