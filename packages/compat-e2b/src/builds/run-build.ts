import type { BuildJob, BuildOutcome } from '@caisson/compat-kit'
import { isSandboxError, minuteMs, secondMs } from '@caisson/core'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import { templateRecordSchema } from '../control/template-record.ts'
import type { BuildLogEntry, BuildRecord } from './build-record.ts'
import type { WrittenDockerfile } from './write-dockerfile.ts'

const saveEveryMs = 2 * secondMs
/** A build that nobody has touched for so long was left by a process that is gone. */
const abandonedMs = minuteMs
const mostEntries = 5000
const longestLine = 4096

export function isAbandoned({ status, updatedAtMs }: BuildRecord): boolean {
  return status === 'building' && Date.now() - updatedAtMs > abandonedMs
}

/** Works on a build to its end and keeps its record. Never rejects. */
export async function runBuild(
  services: Services,
  record: BuildRecord,
  { job, dockerfile }: { readonly job: Omit<BuildJob, 'onLine'>; readonly dockerfile: WrittenDockerfile },
): Promise<void> {
  const { host, builds } = services
  const logs: BuildLogEntry[] = []
  const say = (message: string, level: BuildLogEntry['level'] = 'info'): void => {
    if (logs.length < mostEntries)
      logs.push({ timestamp: new Date().toISOString(), level, message: message.slice(0, longestLine) })
  }
  const save = async (change: Partial<BuildRecord>): Promise<void> => {
    record = { ...record, ...change, logs: [...logs], updatedAtMs: Date.now() }
    await host.records.put('build', record.organization, record.id, record)
  }
  const saving = setInterval(() => {
    save({}).catch((error: unknown) => host.onError(error, 'keeping the record of a build'))
  }, saveEveryMs)
  try {
    await save({ status: 'building' })
    const outcome = await (builds?.build({ ...job, onLine: say }) ?? unoffered())
    clearInterval(saving)
    if (outcome.kind === 'built') {
      await publish(services, record)
      say('The template is ready')
      return await save({ status: 'ready' })
    }
    const { message, line } = outcome
    say(message, 'error')
    const step = line === undefined ? undefined : dockerfile.stepOfLine(line)
    await save({
      status: 'error',
      reason: { message, ...(step === undefined ? {} : { step: step === 0 ? 'base' : String(step) }) },
    })
  } catch (error) {
    clearInterval(saving)
    const known = isSandboxError(error) || error instanceof E2bError
    if (!known) host.onError(error, 'building a template')
    const message = known ? error.message : 'the builder failed'
    await save({ status: 'error', reason: { message } }).catch((left: unknown) =>
      host.onError(left, 'keeping the record of a build'),
    )
  }
}

async function unoffered(): Promise<BuildOutcome> {
  return await Promise.resolve({ kind: 'failed', message: 'templates are not built here' })
}

/** Lets the template's tags stand for this build. */
async function publish({ host }: Services, build: BuildRecord): Promise<void> {
  const found = await host.records.get('template', build.template)
  if (found?.organization !== build.organization) throw new E2bError(404, 'the template was deleted meanwhile')
  const template = templateRecordSchema.parse(found.value)
  const createdAtMs = Date.now()
  const { id, adapterTemplate, tags, cpuCount, memoryMb } = build
  await host.records.put('template', build.organization, template.id, {
    ...template,
    adapterTemplate,
    cpuCount,
    memoryMb,
    updatedAtMs: createdAtMs,
    tags: { ...template.tags, ...Object.fromEntries(tags.map((tag) => [tag, { build: id, createdAtMs }])) },
  })
}
