import { type CallOptions, isSandboxError, SandboxError } from '@caisson/core'
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Engine } from './engine.ts'
import { readRecord } from './labels.ts'
import type { ImageTemplate } from './options.ts'
import { pullImage, type Pulling } from './pull-image.ts'
import { defaultUser, type TemplateUser } from './template-user.ts'

/** A template with the image that stands for it now. */
export interface TemplateImage {
  readonly template: string
  /** Id of the image, so that nobody can change what a name means in between. */
  readonly imageId: string
  readonly sizeBytes: number
  /** What the image itself gives to every process. */
  readonly env: Readonly<Record<string, string>>
  readonly user: TemplateUser
}

export interface ImageSource extends Pulling {
  readonly namespace: string
  readonly templates: Readonly<Record<string, ImageTemplate>>
}

const imageSchema = z.object({
  Id: z.string(),
  Size: z.number(),
  Config: z
    .object({
      Env: z.array(z.string()).nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
})
type Image = z.infer<typeof imageSchema>

/** The image of a template, fetched first where the template says so, or of a snapshot that belongs to the organization. */
export async function findImage(
  engine: Engine,
  source: ImageSource,
  wanted: { readonly name: string; readonly organization: string | undefined },
  options?: CallOptions,
): Promise<TemplateImage> {
  const { name, organization } = wanted
  const template = Object.hasOwn(source.templates, name) ? source.templates[name] : undefined
  if (template !== undefined) {
    const image = await templateImage(engine, source, template, options)
    return { ...describe(name, image), user: template.user ?? defaultUser }
  }
  const image = await inspectImage(engine, snapshotReference(source.namespace, organization, name), options)
  if (image === undefined) {
    throw new SandboxError('template-not-found', engine.adapter, `there is no template named ${name}`, {
      field: 'template',
      remedy: `use one of: ${Object.keys(source.templates).join(', ')}, or the name of a snapshot`,
    })
  }
  return { ...describe(name, image), user: readRecord(image.Config?.Labels ?? {})?.user ?? defaultUser }
}

/** Name of a snapshot's image. Snapshots may be called what images may not, and each organization has its own. */
export function snapshotReference(namespace: string, organization: string | undefined, name: string): string {
  const key = createHash('sha256')
    .update(JSON.stringify([namespace, organization ?? null, name]))
    .digest('hex')
  return `localhost/caisson/snapshot:${key}`
}

async function templateImage(
  engine: Engine,
  source: ImageSource,
  { image, pull }: ImageTemplate,
  options?: CallOptions,
): Promise<Image> {
  const found = await inspectImage(engine, image, options)
  if (found !== undefined) return found
  if (pull === 'if-missing') {
    await pullImage(engine, source, image, options)
    const pulled = await inspectImage(engine, image, options)
    if (pulled !== undefined) return pulled
  }
  throw new SandboxError('template-not-found', engine.adapter, `the engine has no image ${image}`, {
    field: 'template',
    remedy: 'build or import it on the engine, or set `pull: "if-missing"` for the template',
  })
}

async function inspectImage(engine: Engine, reference: string, options?: CallOptions): Promise<Image | undefined> {
  try {
    const image = engine.docker.getImage(reference)
    return await engine.call('image', options, async () => imageSchema.parse(await image.inspect()))
  } catch (error) {
    if (isSandboxError(error) && error.code === 'template-not-found') return undefined
    throw error
  }
}

function describe(template: string, image: Image): Omit<TemplateImage, 'user'> {
  const pairs = (image.Config?.Env ?? []).map((pair): [string, string] => {
    const at = pair.indexOf('=')
    return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
  })
  return { template, imageId: image.Id, sizeBytes: image.Size, env: Object.fromEntries(pairs) }
}
