import { createWriteStream } from 'node:fs'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { BuildJob, BuildOutcome, TemplateBuilds } from '@caisson/compat-e2b'
import { isSandboxError, minuteMs, type SandboxAdapter, SandboxError } from '@caisson/core'
import { type BuildEvent, createTemplateBuilder, StepError } from '@caisson/template-builder'
import { readLocalTemplates } from '@caisson/template-builder/local'

const baseScript = fileURLToPath(new URL('../../../../infra/base-image/debian.sh', import.meta.url))
const sources = fileURLToPath(new URL('../../../../templates', import.meta.url))
const noticedMs = minuteMs
const lookEveryMs = 200

export interface TemplateBuildOptions {
  /** Where built templates lie. */
  readonly templateDirectory: string
  readonly adapters: readonly SandboxAdapter[]
}

/** Builds what clients ask for with our own builder, for the local adapter. Each build has a folder of its own, on which later ones can be built. */
export function createTemplateBuilds({ templateDirectory, adapters }: TemplateBuildOptions): TemplateBuilds {
  const folders = join(templateDirectory, 'requested')
  const builder = createTemplateBuilder({
    stateDirectory: templateDirectory,
    base: { script: baseScript, directory: join(templateDirectory, 'bases') },
  })

  const isKnown = (name: string): boolean => adapters.some(({ capabilities }) => capabilities.templates.includes(name))

  const untilKnown = async (name: string): Promise<void> => {
    const endsAtMs = Date.now() + noticedMs
    while (!isKnown(name)) {
      if (Date.now() > endsAtMs) throw new SandboxError('unavailable', 'local', 'no adapter takes up what was built')
      await delay(lookEveryMs)
    }
  }

  return {
    build: async (job) => {
      const folder = join(folders, job.name)
      try {
        await writeSources(folder, job, templateDirectory)
        await builder.build(folder, { onEvent: (event) => tell(event, job) })
        await untilKnown(job.name)
        return { kind: 'built' }
      } catch (error) {
        await rm(folder, { recursive: true, force: true })
        if (!isSandboxError(error)) throw error
        return failureOf(error)
      }
    },
  }
}

async function writeSources(folder: string, job: BuildJob, templateDirectory: string): Promise<void> {
  const { name, parent, dockerfile, files, resources } = job
  await mkdir(folder, { recursive: true })
  await linkParent(join(folder, '..', parent), parent)
  const { privileges = 'none' } = (await readLocalTemplates(templateDirectory))[parent] ?? {}
  const template = { name, description: 'Built for a client of E2B', parent, resources, privileges }
  await writeFile(join(folder, 'template.json'), JSON.stringify(template))
  await writeFile(join(folder, 'Dockerfile'), dockerfile)
  for (const [file, content] of files)
    await pipeline(
      Readable.fromWeb(content as Parameters<typeof Readable.fromWeb>[0]),
      createWriteStream(join(folder, file)),
    )
}

/** The builder looks for a parent beside its child; ours lie with the sources. */
async function linkParent(path: string, parent: string): Promise<void> {
  if (parent === 'debian') return
  await symlink(join(sources, parent), path).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  })
}

function tell(event: BuildEvent, { onLine }: BuildJob): void {
  switch (event.type) {
    case 'waiting':
      return onLine(`Waiting for ${event.for}`)
    case 'phase':
      return onLine(`Phase: ${event.phase}`)
    case 'step':
      return onLine(`[${event.step}/${event.steps}] ${event.instruction}`)
    case 'step-cached':
      return onLine('CACHED')
    case 'output':
      return onLine(event.text)
  }
}

function failureOf(error: SandboxError): BuildOutcome {
  const { message, cause } = error
  return cause instanceof StepError ? { kind: 'failed', message, line: cause.line } : { kind: 'failed', message }
}
