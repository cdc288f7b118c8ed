import { isSandboxError, secondMs } from '@caisson/core'
import { type BuildJob, hasTemplate } from '@caisson/compat-kit'
import { setTimeout as delay } from 'node:timers/promises'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { type BuildRecord, buildRecordSchema, statusOf } from './build-record.ts'

const saveEveryMs = secondMs
const lookEveryMs = 500
const longestLine = 4096
/** Characters of the log of one build. */
const longestLog = 1024 * 1024

/** A build that has to be done, or is under way. */
export interface PlannedBuild {
  readonly record: BuildRecord
  readonly job: Omit<BuildJob, 'onLine' | 'name' | 'contexts'>
  readonly contextHashes: readonly string[]
  /** The line of the client's Dockerfile, for one of the job's. */
  readonly lineOf: (line: number) => number
}

export async function findBuild({ host }: Pick<Services, 'host'>, id: string): Promise<BuildRecord | undefined> {
  const found = await host.records.get('build', id)
  return found === undefined ? undefined : buildRecordSchema.parse(found.value)
}

/** The adapters' template that a build gave, if it is there. */
export function builtTemplate({ host }: Pick<Services, 'host'>, build: BuildRecord): string | undefined {
  return build.status === 'ready' && hasTemplate(host.adapters, build.adapterTemplate)
    ? build.adapterTemplate
    : undefined
}

/** Starts it unless it is under way. The record is as of now. */
export async function startBuild(services: Services, planned: PlannedBuild): Promise<BuildRecord> {
  const { record } = planned
  const known = await findBuild(services, record.id)
  if (known !== undefined && statusOf(known).status === 'building') return known
  await assertRoom(services, record)
  await services.host.records.put('build', record.organization, record.id, record)
  void runBuild(services, planned)
  return record
}

const mostUnfinished = 20

/** One builder builds one thing at a time: a long queue of one organization would hold up all others. */
async function assertRoom({ host }: Services, { organization }: BuildRecord): Promise<void> {
  const all = (await host.records.list('build', organization)).map((value) => buildRecordSchema.parse(value))
  if (all.filter((build) => statusOf(build).status === 'building').length < mostUnfinished) return
  throw new DaytonaError(429, `${mostUnfinished} builds are under way, as many as there may be`, { retryAfterMs: 5000 })
}

/** Resolves with the adapters' template at the end of a build, whoever works on it. */
export async function whenBuilt(services: Services, id: string): Promise<string> {
  for (;;) {
    const record = await findBuild(services, id)
    if (record === undefined) throw new DaytonaError(404, 'the build is gone')
    const { status, reason } = statusOf(record)
    if (status === 'failed') throw new DaytonaError(422, reason ?? 'the build failed')
    const template = builtTemplate(services, record)
    if (template !== undefined) return template
    if (status === 'ready') throw new DaytonaError(503, 'no adapter has what was built')
    await delay(lookEveryMs)
  }
}

/** Works on a build to its end and keeps its record. Never rejects. */
async function runBuild(services: Services, { record, job, contextHashes, lineOf }: PlannedBuild): Promise<void> {
  const { host, builds, contexts } = services
  const logs = [...record.logs]
  let length = 0
  const say = (line: string): void => {
    if (length > longestLog) return
    length += line.length
    logs.push(length > longestLog ? 'what follows is not kept' : line.slice(0, longestLine))
  }
  const save = async (change: Partial<BuildRecord>): Promise<void> => {
    record = { ...record, ...change, logs: [...logs], updatedAtMs: Date.now() }
    await host.records.put('build', record.organization, record.id, record)
  }
  const saving = setInterval(() => {
    save({}).catch((error: unknown) => host.onError(error, 'keeping the record of a build'))
  }, saveEveryMs)
  const fail = async (reason: string): Promise<void> => {
    say(reason)
    await save({ status: 'failed', reason })
  }
  try {
    if (builds === undefined) throw new DaytonaError(422, 'images are not built here')
    const archives: ReadableStream<Uint8Array>[] = []
    for (const hash of contextHashes) archives.push(await contexts.read(record.organization, hash))
    const outcome = await builds.build({ ...job, name: record.adapterTemplate, contexts: archives, onLine: say })
    clearInterval(saving)
    if (outcome.kind === 'built') return await save({ status: 'ready' })
    const { message, line } = outcome
    await fail(line === undefined ? message : `line ${lineOf(line)} of the Dockerfile: ${message}`)
  } catch (error) {
    clearInterval(saving)
    const known = isSandboxError(error) || error instanceof DaytonaError
    if (!known) host.onError(error, 'building an image')
    await fail(known ? error.message : 'the builder failed').catch((left: unknown) =>
      host.onError(left, 'keeping the record of a build'),
    )
  }
}
