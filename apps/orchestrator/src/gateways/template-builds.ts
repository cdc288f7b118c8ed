import { createWriteStream } from 'node:fs'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { BuildJob, BuildOutcome, TemplateBuilds } from '@caisson/compat-kit'
import { isSandboxError, minuteMs, type SandboxAdapter, SandboxError } from '@caisson/core'
import { type BuildEvent, createTemplateBuilder, StepError } from '@caisson/template-builder'
import { readLocalTemplates } from '@caisson/template-builder/local'
import { unpackContexts } from './unpack-context.ts'

const baseScript = fileURLToPath(new URL('../../../../infra/base-image/debian.sh', import.meta.url))
const ownSources = fileURLToPath(new URL('../../../../templates', import.meta.url))
const noticedMs = minuteMs
const lookEveryMs = 200

export interface TemplateBuildOptions {
  /** Where built templates lie. */
  readonly templateDirectory: string
  readonly adapters: readonly SandboxAdapter[]
  /** Where the sources of templates lie on which clients build. Default: this repository's. */
  readonly sources?: string | undefined
}

/** Builds what clients ask for with our own builder, for the local adapter. Each build has a folder of its own, on which later ones can be built. */
export function createTemplateBuilds(options: TemplateBuildOptions): TemplateBuilds {
  const { templateDirectory, adapters, sources = ownSources } = options
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
        await writeSources(folder, job, { templateDirectory, sources })
        await builder.build(folder, { asBuilt: true, onEvent: (event) => tell(event, job) })
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

async function writeSources(
  folder: string,
  job: BuildJob,
  { templateDirectory, sources }: { readonly templateDirectory: string; readonly sources: string },
): Promise<void> {
  const { name, parent, dockerfile, files, resources, contexts = [] } = job
  // What an attempt that failed has left is no part of this one.
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  if (parent !== 'debian') await linkParent(join(folder, '..', parent), join(sources, parent))
  const { privileges = 'none', user = plainUser } = (await readLocalTemplates(templateDirectory))[parent] ?? {}
  const template = { name, description: 'Built for a client of the service', parent, resources, privileges, user }
  await unpackContexts(folder, contexts)
  // Whatever a client calls by these names, a link even: they are ours.
  for (const own of ['template.json', 'Dockerfile']) await rm(join(folder, own), { recursive: true, force: true })
  await writeFile(join(folder, 'template.json'), JSON.stringify(template))
  const facts = [`ARG SANDBOX_USER=${user.name}`, `ARG SANDBOX_HOME=${user.home}`]
  await writeFile(join(folder, 'Dockerfile'), `${facts.join('\n')}\n${dockerfile}`)
  for (const [file, content] of files)
    await pipeline(
      Readable.fromWeb(content as Parameters<typeof Readable.fromWeb>[0]),
      createWriteStream(join(folder, file)),
    )
}

/** Of what is built on no template of ours. */
const plainUser = { name: 'user', uid: 1000, gid: 1000, home: '/home/user' }
/** Lines before the Dockerfile of the job. */
const linesBefore = 2

/** The builder looks for a parent beside its child; ours lie with the sources. */
async function linkParent(path: string, source: string): Promise<void> {
  await symlink(source, path).catch((error: unknown) => {
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
  if (!(cause instanceof StepError)) return { kind: 'failed', message }
  return { kind: 'failed', message, line: cause.line === undefined ? undefined : cause.line - linesBefore }
}
