import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { freshId, mib } from '@caisson/core'
import { z } from 'zod'
import { buildBodySchema, type BuildStep } from '../builds/build-steps.ts'
import { type BuildRecord, buildRecordSchema } from '../builds/build-record.ts'
import { isAbandoned, runBuild } from '../builds/run-build.ts'
import { writeDockerfile } from '../builds/write-dockerfile.ts'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { E2bCaller } from '../host.ts'
import { parse } from '../http/read-json.ts'
import type { Call, Handle, Routes } from '../http/route.ts'
import { parentOf } from './build-parent.ts'
import { findTemplate, nameSchema, type TemplateRecord } from './template-record.ts'

const defaultTag = 'default'
const tagSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'not a tag')
const requestBody = z.object({
  name: nameSchema,
  tags: z.array(tagSchema).max(100).nullish(),
  cpuCount: z.int().min(1).max(64).nullish(),
  memoryMB: z.int().min(128).max(262_144).nullish(),
})
const defaultCpus = 2
const defaultMemoryMb = 1024
const mostUnfinished = 20
/** Entries of a build's log in one answer. */
const pageLength = 100
const hashSchema = z.string().regex(/^[A-Za-z0-9]{1,128}$/, 'not a hash')

/** E2B's way to build a template: ask for a build, upload what it copies, start it, and ask how it goes. */
export function buildRoutes(services: Services): Routes {
  return {
    'POST /v3/templates': requestBuild(services),
    'GET /templates/:/files/:': askUpload(services),
    'POST /v2/templates/:/builds/:': startBuild(services),
    'GET /templates/:/builds/:/status': readStatus(services),
  }
}

function assertOffered({ builds }: Services): void {
  if (builds !== undefined) return
  throw new E2bError(
    403,
    'templates are not built for clients here: what a build runs is not in a sandbox. Set CAISSON_E2B_BUILDS=true if everybody with a key may, or build with caisson template build',
  )
}

function requestBuild(services: Services): Handle {
  const { host } = services
  return async ({ caller, json }) => {
    assertOffered(services)
    const wish = parse(requestBody, await json())
    const [name = '', ofName] = wish.name.split(':')
    const tags = [...new Set([...(ofName === undefined ? [] : [ofName]), ...(wish.tags ?? [])])]
    await assertRoom(services, caller)
    const createdAtMs = Date.now()
    const template: TemplateRecord = (await findTemplate(services, name, caller)) ?? {
      id: freshId('t'),
      organization: caller.organization,
      name,
      adapterTemplate: '',
      cpuCount: wish.cpuCount ?? defaultCpus,
      memoryMb: wish.memoryMB ?? defaultMemoryMb,
      createdAtMs,
      updatedAtMs: createdAtMs,
      tags: {},
    }
    const id = freshId('b')
    const build: BuildRecord = {
      id,
      organization: caller.organization,
      template: template.id,
      adapterTemplate: `e2b-${id}`,
      tags: tags.length === 0 ? [defaultTag] : tags,
      cpuCount: wish.cpuCount ?? template.cpuCount,
      memoryMb: wish.memoryMB ?? template.memoryMb,
      status: 'waiting',
      logs: [],
      createdAtMs,
      updatedAtMs: createdAtMs,
    }
    await host.records.put('template', caller.organization, template.id, template)
    await host.records.put('build', caller.organization, id, build)
    return {
      status: 202,
      body: {
        templateID: template.id,
        buildID: id,
        tags: build.tags,
        names: [template.name],
        aliases: [template.name],
        public: false,
      },
    }
  }
}

/** One builder builds one thing at a time: a long queue of one organization would hold up all others. */
async function assertRoom({ host }: Services, { organization }: E2bCaller): Promise<void> {
  const all = (await host.records.list('build', organization)).map((value) => buildRecordSchema.parse(value))
  const unfinished = all.filter((build) => build.status === 'building' && !isAbandoned(build))
  if (unfinished.length < mostUnfinished) return
  throw new E2bError(429, `${mostUnfinished} builds are under way, as many as there may be`, { retryAfterMs: 5000 })
}

async function templateOf(services: Services, { parts, caller }: Call): Promise<TemplateRecord> {
  const found = await findTemplate(services, parts[0] ?? '', caller)
  if (found !== undefined) return found
  throw new E2bError(404, `template '${parts[0] ?? ''}' not found`)
}

async function buildOf({ host }: Services, { parts, caller }: Call): Promise<BuildRecord> {
  const [template = '', id = ''] = parts
  const found = await host.records.get('build', id)
  const build = found?.organization === caller.organization ? buildRecordSchema.parse(found.value) : undefined
  if (build?.template === template) return build
  throw new E2bError(404, `template '${template}' has no build '${id}'`)
}

/** What was uploaded for a template under a hash, among the organization's larger pieces of data. */
function blobId(template: string, hash: string): string {
  return `upload${createHash('sha256').update(`${template}:${hash}`).digest('hex').slice(0, 40)}`
}

function uploadPath(template: string, hash: string): string {
  return `/templates/${template}/files/${hash}/content`
}

/** Says whether the files of that hash are there, and where they can be put, by whoever has the address. */
function askUpload(services: Services): Handle {
  const { host, tokens } = services
  return async (call) => {
    assertOffered(services)
    const { id, organization } = await templateOf(services, call)
    const hash = parse(hashSchema, call.parts[1])
    const there = await host.blobs.get(organization, blobId(id, hash))
    await there?.cancel()
    const path = uploadPath(id, hash)
    const url = `${call.origin}${path}?token=${tokens.upload(path)}`
    return { status: 201, body: { present: there !== undefined, url } }
  }
}

/** `PUT` to an address that `askUpload` gave: the token in it is all that is asked for. */
export async function receiveUpload(
  { host, tokens }: Services,
  request: AsyncIterable<Buffer>,
  { pathname, searchParams }: URL,
): Promise<void> {
  const [, template = '', hash = ''] = /^\/templates\/([a-z0-9]+)\/files\/([A-Za-z0-9]+)\/content$/.exec(pathname) ?? []
  if (template === '' || !tokens.isUpload(pathname, searchParams.get('token')))
    throw new E2bError(403, 'this address is not one of ours')
  const found = await host.records.get('template', template)
  if (found === undefined) throw new E2bError(404, 'the template was deleted meanwhile')
  const id = blobId(template, hash)
  await host.blobs.remove(found.organization, id)
  await host.blobs.put(found.organization, id, Readable.toWeb(Readable.from(request)) as ReadableStream<Uint8Array>)
}

function startBuild(services: Services): Handle {
  const { host } = services
  return async (call) => {
    assertOffered(services)
    const build = await buildOf(services, call)
    if (build.status !== 'waiting') throw new E2bError(409, `build '${build.id}' was started before`)
    const body = parse(buildBodySchema, await call.json())
    const parent = await parentOf(services, body, call.caller)
    const before = [...parent.before, ...(body.force === true ? [`LABEL dev.caisson.build="${build.id}"`] : [])]
    const dockerfile = writeDockerfile(body.steps, { user: 'user', workdir: '/home/user', before })
    const files = await filesOf(services, build, body.steps)
    const record: BuildRecord = {
      ...build,
      status: 'building',
      ...(body.startCmd === undefined || body.startCmd === null || body.startCmd === ''
        ? {}
        : { startCommand: body.startCmd }),
      ...(body.readyCmd === undefined || body.readyCmd === null || body.readyCmd === ''
        ? {}
        : { readyCommand: body.readyCmd }),
      updatedAtMs: Date.now(),
    }
    await host.records.put('build', build.organization, build.id, record)
    const resources = { cpus: build.cpuCount, memoryBytes: build.memoryMb * mib }
    const job = { name: build.adapterTemplate, parent: parent.template, dockerfile: dockerfile.text, files, resources }
    void runBuild(services, record, { job, dockerfile })
    return { status: 202 }
  }
}

async function filesOf(
  { host }: Services,
  { organization, template }: BuildRecord,
  steps: readonly BuildStep[],
): Promise<ReadonlyMap<string, ReadableStream<Uint8Array>>> {
  const files = new Map<string, ReadableStream<Uint8Array>>()
  for (const step of steps) {
    if (step.type !== 'COPY' || files.has(`${step.filesHash}.tar`)) continue
    const content = await host.blobs.get(organization, blobId(template, step.filesHash))
    if (content === undefined) throw new E2bError(400, `the files of '${step.args[0]}' were not uploaded`)
    files.set(`${step.filesHash}.tar`, content)
  }
  return files
}

function readStatus(services: Services): Handle {
  return async (call) => {
    const build = await buildOf(services, call)
    const offset = parse(z.coerce.number().int().min(0).default(0), call.query.get('logsOffset') ?? undefined)
    const isLeft = isAbandoned(build)
    const reason = isLeft ? { message: 'the service that worked on this build is gone: build again' } : build.reason
    return {
      status: 200,
      body: {
        templateID: build.template,
        buildID: build.id,
        status: isLeft ? 'error' : build.status,
        logEntries: build.logs.slice(offset, offset + pageLength),
        logs: [],
        ...(reason === undefined ? {} : { reason }),
      },
    }
  }
}
