import { matchesGlob } from 'node:path'
import {
  type AgentSandbox,
  type Artifact,
  artifactIdSchema,
  type CallOptions,
  type FileInfo,
  freshId,
  isSandboxError,
} from '@caisson/core'
import type { CollectedArtifacts } from '../runners/runner.ts'
import { answerOf } from '../runs/answer-of.ts'
import type { Work } from '../work.ts'

export interface Wanted {
  /** Relative to the home of the sandbox's user. */
  readonly directory: string
  readonly patterns: readonly string[]
  /** Put before the stored paths. */
  readonly prefix?: string | undefined
}

const maxDepth = 32
const wildcard = /[*?[{]/

/** Keeps the files that fit the patterns. What cannot be kept is told and fails nothing. */
export async function collect(
  work: Work,
  sandbox: AgentSandbox,
  { directory, patterns, prefix = '' }: Wanted,
): Promise<CollectedArtifacts> {
  if (patterns.length === 0) return { artifacts: [], missing: [] }
  const { limits } = work.services
  const most = limitsOf(work)
  // Not with the signal of the run: what a cancelled one left behind is wanted as well.
  const answer = { answerMs: limits.answerMs, signals: [work.stop] }
  const found = await answerOf(async (options) => await findFiles(sandbox, { directory, patterns, options }), answer)
  const artifacts: Artifact[] = []
  const missing: string[] = [...found.missing]
  let room = most.bytes
  for (const path of found.paths) {
    if (artifacts.length >= most.count) {
      missing.push(`${path}: more than ${most.count} artifacts`)
      continue
    }
    const limitBytes = room
    const stored = await answerOf(
      async (options) => await store(work, sandbox, { directory, path, prefix, limitBytes, options }),
      answer,
    )
    if (typeof stored === 'string') {
      missing.push(`${path}: ${stored}`)
      continue
    }
    room -= stored.sizeBytes
    artifacts.push(stored)
  }
  return { artifacts, missing: missing.slice(0, 100) }
}

/** What the engine keeps of one run, or less if the policy says so. */
function limitsOf({ services: { limits }, handle }: Work): { readonly count: number; readonly bytes: number } {
  const placement = handle.record().run.decision?.placement
  const allowed = placement?.kind === 'sandbox' ? placement.permissions?.artifacts : undefined
  return {
    count: Math.min(limits.artifactCount, allowed?.count ?? Infinity),
    bytes: Math.min(limits.artifactBytes, allowed?.bytes ?? Infinity),
  }
}

async function findFiles(
  sandbox: AgentSandbox,
  { directory, patterns, options }: Pick<Wanted, 'directory' | 'patterns'> & { readonly options: CallOptions },
): Promise<{ readonly paths: ReadonlySet<string>; readonly missing: readonly string[] }> {
  const paths = new Set<string>()
  const missing: string[] = []
  const globs = patterns.filter((pattern) => wildcard.test(pattern))
  for (const path of patterns.filter((pattern) => !wildcard.test(pattern))) {
    if ((await typeOf(sandbox, `${directory}/${path}`, options)) === 'file') paths.add(path)
    else missing.push(path)
  }
  if (globs.length === 0) return { paths, missing }

  const root = (await sandbox.files.stat(directory, options)).path
  const entries = await sandbox.files.list(directory, { ...options, depth: maxDepth })
  const files = entries.flatMap(({ type, path }) =>
    type === 'file' && path.startsWith(`${root}/`) ? [path.slice(root.length + 1)] : [],
  )
  for (const glob of globs) {
    const fitting = files.filter((file) => matchesGlob(file, glob))
    if (fitting.length === 0) missing.push(glob)
    for (const file of fitting) paths.add(file)
  }
  return { paths, missing }
}

/** Links are not followed: what they lead to was not made by this run. */
async function typeOf(
  sandbox: AgentSandbox,
  path: string,
  options: CallOptions,
): Promise<FileInfo['type'] | undefined> {
  try {
    return (await sandbox.files.stat(path, options)).type
  } catch (error) {
    if (isSandboxError(error) && refusals.has(error.code)) return undefined
    throw error
  }
}

const refusals: ReadonlySet<string> = new Set([
  'path-not-found',
  'not-a-directory',
  'is-a-directory',
  'permission-denied',
  'invalid-argument',
  'too-large',
])

async function store(
  work: Work,
  sandbox: AgentSandbox,
  file: {
    readonly directory: string
    readonly path: string
    readonly prefix: string
    readonly limitBytes: number
    readonly options: CallOptions
  },
): Promise<Artifact | string> {
  try {
    return await work.services.stores.artifacts.put(
      work.organization,
      { id: artifactIdSchema.parse(freshId()), run: work.run, path: `${file.prefix}${file.path}` },
      await sandbox.files.read(`${file.directory}/${file.path}`, file.options),
      file.limitBytes,
    )
  } catch (error) {
    if (isSandboxError(error) && refusals.has(error.code)) return error.message
    throw error
  }
}
