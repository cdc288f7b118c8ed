import { environmentSchema, resourcesSchema } from '@caisson/core'
import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { builderError, errnoOf } from './builder-error.ts'

const templateNameSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and "-"')

const argvSchema = z.array(z.string().min(1).max(4096)).min(1).max(64)
const plainPath = z.string().regex(/^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/, 'an absolute path of plain names')

/** What `template.json` holds. */
export const templateSchema = z.strictObject({
  name: templateNameSchema,
  description: z.string().max(500).default(''),
  /**
   * What the Dockerfile's `FROM ${BASE}` stands for when we build it: `debian` is made by debootstrap, `scratch` is empty, any other is the
   * template in the folder beside this one.
   */
  parent: z.union([z.enum(['debian', 'scratch']), templateNameSchema]).default('debian'),
  /** What a sandbox of it should get unless the caller says otherwise. */
  resources: resourcesSchema.partial().default({}),
  /** The user under which code runs. The Dockerfile makes it. */
  user: z
    .strictObject({
      name: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/),
      uid: z.int().min(1).max(1999),
      gid: z.int().min(1).max(1999),
      home: plainPath,
    })
    .default({ name: 'user', uid: 1000, gid: 1000, home: '/home/user' }),
  /** What a terminal starts. Default: what the Dockerfile says with `CMD`. */
  command: argvSchema.optional(),
  /** Run once under `user` in what was built: unless it ends with 0, nothing is published. */
  ready: argvSchema.optional(),
  /**
   * `sudo` asks for programs that gain rights, so for no-new-privileges to be lifted. An adapter may grant that only inside a user namespace, where
   * root is nobody outside, and refuses the template otherwise.
   */
  privileges: z.enum(['none', 'sudo']).default('none'),
  /** Given to every process, beside what the Dockerfile's `ENV` says. */
  env: environmentSchema.default({}),
})
export type TemplateFile = z.infer<typeof templateSchema>

/** A template as its folder describes it. */
export interface TemplateSource extends TemplateFile {
  /** Absolute; also the build context. */
  readonly directory: string
}

/** Reads `template.json`. No such folder or file is `template-not-found`; a field that is not valid is `invalid-argument`. */
export async function readTemplate(directory: string): Promise<TemplateSource> {
  const text = await readFile(join(directory, 'template.json'), 'utf8').catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw error
    throw builderError('template-not-found', `${directory} has no template.json`, {
      field: 'directory',
      remedy: 'name the folder of a template, such as templates/base',
      cause: error,
    })
  })
  const parsed = templateSchema.safeParse(parseJson(text))
  if (parsed.success) return { ...parsed.data, directory: await realpath(directory) }
  const [issue] = parsed.error.issues
  const field = issue?.path.map(String).join('.') ?? ''
  throw builderError('invalid-argument', `${directory}/template.json: ${field}: ${issue?.message ?? 'not valid'}`, {
    field,
    remedy: 'what it may hold stands in packages/template-builder/README.md',
    cause: parsed.error,
  })
}

/** The template and what it is made from, the outermost parent first. A circle of parents is `invalid-argument`. */
export async function readAncestry(directory: string): Promise<readonly TemplateSource[]> {
  const template = await readTemplate(directory)
  const ancestry = [template]
  for (let youngest = template; youngest.parent !== 'debian' && youngest.parent !== 'scratch';) {
    youngest = await readTemplate(join(youngest.directory, '..', youngest.parent))
    if (ancestry.some(({ name }) => name === youngest.name)) {
      throw builderError('invalid-argument', `${template.name} is made from itself`, { field: 'parent' })
    }
    ancestry.unshift(youngest)
  }
  return ancestry
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return `not JSON: ${error instanceof Error ? error.message : ''}`
  }
}
