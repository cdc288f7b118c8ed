import { type Environment, environmentSchema, resourcesSchema, SandboxError } from '@caisson/core'
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { adapterName } from '../adapter-name.ts'

/** The user under which code runs. */
export const templateUserSchema = z.strictObject({
  name: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/),
  uid: z.int().min(1).max(1999),
  gid: z.int().min(1).max(1999),
  home: z.string().regex(/^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/, 'an absolute path of plain names'),
})
export type TemplateUser = z.infer<typeof templateUserSchema>

const absolutePath = z
  .string()
  .max(4096)
  .refine((path) => isAbsolute(path) && !path.includes('\0'), 'must be an absolute path')

export const privilegesSchema = z.enum(['none', 'sudo'])

/** A template made of a directory that holds a whole root file system. It is only ever read. */
export const directoryTemplateSchema = z.strictObject({
  rootfs: absolutePath,
  /** Default: `user`, 1000, /home/user. */
  user: templateUserSchema.optional(),
  /** Where processes start unless they say. Default: the user's home. */
  workdir: absolutePath.optional(),
  /** Given to every process, below what the spec of a sandbox says. */
  env: environmentSchema.default({}),
  /** What a terminal starts, as `SandboxInfo.command` tells. */
  command: z
    .tuple([z.string().min(1)], z.string())
    .readonly()
    .optional(),
  /** Limits for sandboxes whose spec does not set them. Those that the adapter cannot hold are left out. */
  resources: resourcesSchema.partial().default({}),
  /**
   * `sudo`: programs with the set-user-id bit gain rights, and whoever gets to be root may do inside what root does there. Root is nobody outside. Only
   * for root, in the container tier: elsewhere creating a sandbox is `unsupported`.
   */
  privileges: privilegesSchema.default('none'),
})
type DirectoryTemplate = z.output<typeof directoryTemplateSchema>

export interface Template {
  readonly name: string
  readonly user: TemplateUser
  /** Absent: the machine's own programs. */
  readonly rootfs?: string | undefined
  readonly workdir: string
  readonly env: Environment
  readonly command: readonly [string, ...string[]]
  readonly resources: DirectoryTemplate['resources']
  readonly privileges: z.infer<typeof privilegesSchema>
}

export const hostTemplate = 'host'

const defaultUser: TemplateUser = { name: 'user', uid: 1000, gid: 1000, home: '/home/user' }

const host: Template = {
  name: hostTemplate,
  user: defaultUser,
  workdir: defaultUser.home,
  env: {},
  command: ['/bin/sh', '-l'],
  resources: {},
  privileges: 'none',
}

export function findTemplate(
  name: string | undefined,
  templates: Readonly<Record<string, DirectoryTemplate>>,
): Template {
  if (name === undefined || name === hostTemplate) return host
  const found = Object.hasOwn(templates, name) ? templates[name] : undefined
  if (found !== undefined) {
    const { user = defaultUser, command: [program, ...words] = ['/bin/sh'], ...rest } = found
    return { ...rest, name, user, workdir: found.workdir ?? user.home, command: [program, ...words] }
  }
  const known = [hostTemplate, ...Object.keys(templates)].join(', ')
  throw new SandboxError('template-not-found', adapterName, `there is no template named ${name}`, {
    field: 'template',
    remedy: `use one of: ${known}`,
  })
}
