import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { createBuildLog, type LastStep } from './build-log.ts'
import { buildah, hasImage, isOutOfSpace } from './buildah.ts'
import { builderError, spaceRemedy } from './builder-error.ts'
import { declares, readStages } from './dockerfile.ts'
import type { OnBuildEvent } from './events.ts'
import { readDockerfile } from './inputs.ts'
import type { IsolatedResult } from './isolated.ts'
import { StepError } from './step-error.ts'
import type { Store } from './store.ts'
import type { TemplateSource } from './template-file.ts'

export const imageName = (name: string, version: string) => `localhost/caisson/${name}:${version}`

export interface ImageOptions {
  readonly onEvent: OnBuildEvent
  readonly signal?: AbortSignal | undefined
  /** The host's certificates, for a Dockerfile that declares `ARG CA_CERTIFICATES`. */
  readonly certificates: string
}

/** Every instruction is kept as a layer, so that the next build begins after the last one that did not change. */
const how = ['--isolation=chroot', '--layers', '--pull-never', '--format=docker']

/** Labels of every image that we make. */
const labels = { template: 'dev.caisson.template', version: 'dev.caisson.version' } as const

/** Where a Dockerfile's instructions find the host's certificates. */
const certificatesInside = '/run/caisson-build/ca-certificates.crt'

/**
 * Builds the image of a version unless it is there. Instructions run as root on the host's network: a template is code that its owner trusts. A failure
 * names the line; nothing is left of it but the layers that were made, with which the next try begins.
 */
export async function ensureImage(
  store: Store,
  template: TemplateSource,
  version: { readonly version: string; readonly parentImage: string },
  options: ImageOptions,
): Promise<void> {
  const { onEvent, signal } = options
  const image = imageName(template.name, version.version)
  if (await hasImage(store, image)) return
  onEvent({ type: 'phase', template: template.name, phase: 'image' })
  const dockerfile = await readDockerfile(template.directory)
  const log = createBuildLog(template.name, readStages(dockerfile), onEvent)
  const words = [
    'build',
    ...how,
    `--build-arg=BASE=${version.parentImage}`,
    ...(await certificateWords(dockerfile, options.certificates)),
    `--label=${labels.template}=${template.name}`,
    `--label=${labels.version}=${version.version}`,
    `--tag=${image}`,
    `--file=${join(template.directory, 'Dockerfile')}`,
    template.directory,
  ]
  const result = await buildah(store, words, { signal, onLine: log.onLine })
  if (result.exitCode !== 0) throw failure(template, result, log.lastStep())
}

async function certificateWords(dockerfile: string, certificates: string): Promise<readonly string[]> {
  if (!declares(dockerfile, 'CA_CERTIFICATES')) return []
  const there = await access(certificates).then(
    () => true,
    () => false,
  )
  if (!there) return []
  return [`--build-arg=CA_CERTIFICATES=${certificatesInside}`, `--volume=${certificates}:${certificatesInside}:ro`]
}

/** The last line is buildah's own; what is before it the instruction printed. */
function failure(template: TemplateSource, { exitCode, tail }: IsolatedResult, step: LastStep | undefined): Error {
  const output = step?.output ?? tail
  const instruction = step?.instruction ?? ''
  const line = step?.line
  const place = `${template.name}/Dockerfile${line === undefined ? '' : `:${line}`}`
  const cause = new StepError({ line, instruction, exitCode, output })
  const shown = output.slice(-12).map((text) => `    ${text}`)
  if (isOutOfSpace(output)) {
    return builderError('no-space', `${place}: no space left\n${shown.join('\n')}`, { remedy: spaceRemedy, cause })
  }
  const remedy =
    exitCode === 125
      ? 'mend the instruction; buildah says above what it lacks'
      : 'mend the instruction, then build again'
  return builderError('invalid-argument', [`${place}: failed: ${instruction}`, ...shown].join('\n'), {
    field: `Dockerfile${line === undefined ? '' : `:${line}`}`,
    remedy,
    cause,
  })
}
