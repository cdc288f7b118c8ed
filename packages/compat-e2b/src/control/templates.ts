import { z } from 'zod'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import { parse } from '../http/read-json.ts'
import type { Handle, Routes } from '../http/route.ts'
import { findSnapshot, removeSnapshot } from './snapshot-record.ts'
import { adapterTemplate } from './template-names.ts'
import { findTemplate, listTemplates, nameSchema, type TemplateRecord } from './template-record.ts'

/** Everything about templates but their builds. */
export function templateRoutes(services: Services): Routes {
  return {
    'GET /templates': listOwn(services),
    'GET /v2/templates': listOwn(services),
    'GET /templates/aliases/:': readAlias(services),
    'GET /templates/:': readTemplate(services),
    'DELETE /templates/:': removeTemplate(services),
    'GET /templates/:/tags': readTags(services),
    'POST /templates/tags': assignTags(services),
    'DELETE /templates/tags': removeTags(services),
  }
}

function listOwn(services: Services): Handle {
  return async ({ caller }) => ({ status: 200, body: (await listTemplates(services, caller)).map(viewOf) })
}

/** Tells whether a name is taken: by the caller, or by a template that is there for everybody. */
function readAlias(services: Services): Handle {
  return async ({ caller, parts }) => {
    const [name = ''] = parts
    const own = await findTemplate(services, name, caller)
    if (own !== undefined) return { status: 200, body: { templateID: own.id, public: false } }
    if (adapterTemplate(services.host, name) !== undefined)
      return { status: 200, body: { templateID: name, public: true } }
    throw new E2bError(404, `template '${name}' not found`)
  }
}

async function own(services: Services, { parts, caller }: Parameters<Handle>[0]): Promise<TemplateRecord> {
  const found = await findTemplate(services, parts[0] ?? '', caller)
  if (found === undefined) throw new E2bError(404, `template '${parts[0] ?? ''}' not found`)
  return found
}

function readTemplate(services: Services): Handle {
  return async (call) => ({ status: 200, body: { ...viewOf(await own(services, call)), builds: [] } })
}

/** `DELETE /templates/{id}`: also how clients delete a snapshot. */
function removeTemplate(services: Services): Handle {
  return async (call) => {
    const snapshot = await findSnapshot(services, call.parts[0] ?? '', call.caller)
    if (snapshot !== undefined) {
      await removeSnapshot(services, snapshot)
      return { status: 204 }
    }
    const { organization, id } = await own(services, call)
    await services.host.records.remove('template', organization, id)
    return { status: 204 }
  }
}

function readTags(services: Services): Handle {
  return async (call) => {
    const { tags } = await own(services, call)
    return {
      status: 200,
      body: Object.entries(tags).map(([tag, { build, createdAtMs }]) => ({
        tag,
        buildID: build,
        createdAt: new Date(createdAtMs).toISOString(),
      })),
    }
  }
}

const tagSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'not a tag')
const assignBody = z.object({ target: nameSchema, tags: z.array(tagSchema).min(1).max(100) })
const removeBody = z.object({ name: nameSchema, tags: z.array(tagSchema).min(1).max(100) })
const defaultTag = 'default'

function assignTags(services: Services): Handle {
  return async ({ caller, json }) => {
    const { target, tags } = parse(assignBody, await json())
    const template = await findTemplate(services, target, caller)
    const tagged = template?.tags[target.split(':')[1] ?? defaultTag]
    if (template === undefined || tagged === undefined) throw new E2bError(404, `template '${target}' not found`)
    const createdAtMs = Date.now()
    const more = Object.fromEntries(tags.map((tag) => [tag, { build: tagged.build, createdAtMs }]))
    await save(services, { ...template, tags: { ...template.tags, ...more } })
    return { status: 201, body: { buildID: tagged.build, tags } }
  }
}

function removeTags(services: Services): Handle {
  return async ({ caller, json }) => {
    const { name, tags } = parse(removeBody, await json())
    const template = await findTemplate(services, name, caller)
    if (template === undefined || tags.some((tag) => !(tag in template.tags)))
      throw new E2bError(404, `template '${name}' has no such tag`)
    const kept = Object.entries(template.tags).filter(([tag]) => !tags.includes(tag))
    await save(services, { ...template, tags: Object.fromEntries(kept) })
    return { status: 204 }
  }
}

async function save({ host }: Services, template: TemplateRecord): Promise<void> {
  await host.records.put('template', template.organization, template.id, template)
}

function viewOf(template: TemplateRecord): object {
  const at = (atMs: number) => new Date(atMs).toISOString()
  return {
    templateID: template.id,
    names: [template.name],
    aliases: [template.name],
    public: false,
    cpuCount: template.cpuCount,
    memoryMB: template.memoryMb,
    diskSizeMB: 1024,
    createdAt: at(template.createdAtMs),
    updatedAt: at(template.updatedAtMs),
  }
}
