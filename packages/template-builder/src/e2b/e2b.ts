import { isSandboxError, mib, type SandboxErrorCode } from '@caisson/core'
import type { TemplateBuilder } from 'e2b'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { builderError } from '../builder-error.ts'
import type { OnBuildEvent } from '../events.ts'
import { readDockerfile } from '../inputs.ts'
import { StepError } from '../step-error.ts'
import type { TemplateSource } from '../template-file.ts'
import type { Wanted } from '../version-chain.ts'
import { readRecipe, type Recipe } from './recipe.ts'

/** E2B's cloud, or what speaks like it. */
export interface E2bOptions {
  readonly apiKey: string
  /** Default: E2B's own. */
  readonly apiUrl?: string | undefined
  readonly domain?: string | undefined
}

interface Making {
  readonly onEvent: OnBuildEvent
  readonly signal?: AbortSignal | undefined
}

/** Loaded late: few builds are for E2B. */
const sdk = async () => await import('e2b')

/** A team has one list of names. */
const remoteName = (name: string) => `caisson-${name}`
const remoteVersion = (name: string, version: string) => `${remoteName(name)}:${version}`
/** What a name without a tag stands for. */
const defaultTag = 'default'

const pollMs = 500

/** Whether E2B has this version, and whether the name stands for it there. */
export async function findOnE2b(
  e2b: E2bOptions,
  name: string,
  version: string,
): Promise<'absent' | 'present' | 'named'> {
  const tags = await call('looking for the template', async () => {
    const { Template, NotFoundError, TemplateError } = await sdk()
    return await Template.getTags(remoteName(name), connection(e2b)).catch((error: unknown) => {
      if (error instanceof NotFoundError || (error instanceof TemplateError && error.statusCode === 404)) return []
      throw error
    })
  })
  const build = (tag: string) => tags.find((one) => one.tag === tag)?.buildId
  if (build(version) === undefined) return 'absent'
  return build(version) === build(defaultTag) ? 'named' : 'present'
}

/** Builds a version there, after those of its parents that are not there yet. The name does not move. */
export async function buildOnE2b(e2b: E2bOptions, chain: readonly Wanted[], making: Making): Promise<void> {
  let parent: string | undefined
  for (const { template, version } of chain) {
    if ((await findOnE2b(e2b, template.name, version)) === 'absent') {
      making.onEvent({ type: 'phase', template: template.name, phase: 'push' })
      await buildOne(e2b, template, { version, parent }, making)
    }
    parent = remoteVersion(template.name, version)
  }
}

/** Lets the name stand for a version that is there. */
export async function nameOnE2b(e2b: E2bOptions, name: string, version: string): Promise<void> {
  await call('naming the template', async () => {
    const { Template } = await sdk()
    await Template.assignTags(remoteVersion(name, version), defaultTag, connection(e2b))
  })
}

async function buildOne(
  e2b: E2bOptions,
  template: TemplateSource,
  { version, parent }: { readonly version: string; readonly parent: string | undefined },
  { onEvent, signal }: Making,
): Promise<void> {
  const { name, directory, resources } = template
  const recipe = readRecipe(await readDockerfile(directory))
  if (parent === undefined && template.parent === 'scratch') {
    throw builderError('unsupported', `${name} is made from nothing, and E2B builds from an image`, { field: 'parent' })
  }
  const { Template } = await sdk()
  const begun = Template({ fileContextPath: directory, fileIgnorePatterns: await ignored(directory) })
  const remote = stepsOf(parent === undefined ? begun.fromImage(recipe.image) : begun.fromTemplate(parent), recipe)
  const { cpus, memoryBytes, diskBytes } = resources
  await call(`building ${name}`, async () => {
    const built = await Template.buildInBackground(remote, remoteName(name), {
      ...connection(e2b),
      ...(signal === undefined ? {} : { signal }),
      tags: [version],
      ...(cpus === undefined ? {} : { cpuCount: Math.ceil(cpus) }),
      ...(memoryBytes === undefined ? {} : { memoryMB: Math.ceil(memoryBytes / mib) }),
      ...(diskBytes === undefined ? {} : { minFreeDiskMb: Math.ceil(diskBytes / mib) }),
    })
    const output: string[] = []
    for (let logsOffset = 0; ;) {
      signal?.throwIfAborted()
      const { status, logEntries, reason } = await Template.getBuildStatus(built, { ...connection(e2b), logsOffset })
      logsOffset += logEntries.length
      for (const { message } of logEntries) {
        output.push(message)
        onEvent({ type: 'output', template: name, text: message })
      }
      if (logEntries.length > 0) continue
      if (status === 'ready') return
      if (status === 'error') throw failure(name, recipe, { ...reason, output })
      await delay(pollMs, undefined, { signal })
    }
  })
}

function stepsOf(begun: TemplateBuilder, { steps }: Recipe): TemplateBuilder {
  return steps.reduce((builder, step) => {
    switch (step.kind) {
      case 'run':
        return builder.runCmd(step.command)
      case 'copy': {
        const { owner, mode } = step
        const how = { ...(owner === undefined ? {} : { user: owner }), ...(mode === undefined ? {} : { mode }) }
        return builder.copy([...step.sources], step.target, how)
      }
      case 'env':
        return builder.setEnvs({ ...step.values })
      case 'workdir':
        return builder.setWorkdir(step.path)
      case 'user':
        return builder.setUser(step.name)
    }
  }, begun)
}

/** E2B counts FROM as its first step, and names those that are its own. */
function failure(
  name: string,
  { steps }: Recipe,
  { step, message = 'it says no more', output }: { step?: string; message?: string; output: readonly string[] },
): Error {
  const found = /^\d+$/.test(step ?? '') ? steps[Number(step) - 1] : undefined
  const place = `${name}/Dockerfile${found === undefined ? '' : `:${found.line}`}`
  const shown = output.slice(-12).map((text) => `    ${text}`)
  const instruction = found?.kind ?? step ?? ''
  return builderError('invalid-argument', [`${place}: failed on E2B: ${message}`, ...shown].join('\n'), {
    field: `Dockerfile${found === undefined ? '' : `:${found.line}`}`,
    remedy: 'mend the instruction, then build again',
    cause: new StepError({ line: found?.line, instruction, exitCode: 1, output: output.slice(-40) }),
  })
}

async function ignored(directory: string): Promise<string[]> {
  const text = await readFile(join(directory, '.dockerignore'), 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
}

function connection({ apiKey, apiUrl, domain }: E2bOptions) {
  return { apiKey, ...(apiUrl === undefined ? {} : { apiUrl }), ...(domain === undefined ? {} : { domain }) }
}

const byStatus: Readonly<Record<number, SandboxErrorCode>> = {
  400: 'invalid-argument',
  403: 'permission-denied',
  404: 'template-not-found',
  409: 'conflict',
}

/** What the SDK throws as one of ours, by its class and status. */
async function call<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isSandboxError(error)) throw error
    const { AuthenticationError, RateLimitError, ServiceBusyError, SandboxError, BuildError } = await sdk()
    const message = `e2b, ${doing}: ${error instanceof Error ? error.message : String(error)}`
    if (error instanceof AuthenticationError) {
      throw builderError('unauthenticated', message, { remedy: 'set E2B_API_KEY to a key of your team', cause: error })
    }
    if (error instanceof RateLimitError) throw builderError('rate-limited', message, { retryable: true, cause: error })
    if (error instanceof ServiceBusyError) throw builderError('unavailable', message, { retryable: true, cause: error })
    const code = error instanceof SandboxError ? byStatus[error.statusCode ?? 0] : undefined
    if (code !== undefined || error instanceof BuildError)
      throw builderError(code ?? 'provider', message, { cause: error })
    if (error instanceof TypeError) {
      throw builderError('unavailable', message, {
        retryable: true,
        remedy: 'see whether E2B is up, and E2B_API_URL',
        cause: error,
      })
    }
    throw builderError('provider', message, { cause: error })
  }
}
