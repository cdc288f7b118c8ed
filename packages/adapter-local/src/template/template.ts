import { SandboxError } from '@caisson/core'
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

const absolutePath = z.string().refine(isAbsolute, 'must be an absolute path')

/** A template made of a directory that holds a whole root file system. It is only ever read. */
export const directoryTemplateSchema = z.strictObject({
  rootfs: absolutePath,
  /** Default: `user`, 1000, /home/user. */
  user: templateUserSchema.optional(),
})
export type DirectoryTemplate = z.infer<typeof directoryTemplateSchema>

export interface Template {
  readonly name: string
  readonly user: TemplateUser
  /** Absent: the machine's own programs. */
  readonly rootfs?: string | undefined
}

export const hostTemplate = 'host'

const defaultUser: TemplateUser = { name: 'user', uid: 1000, gid: 1000, home: '/home/user' }

export function findTemplate(
  name: string | undefined,
  templates: Readonly<Record<string, DirectoryTemplate>>,
): Template {
  if (name === undefined || name === hostTemplate) return { name: hostTemplate, user: defaultUser }
  const found = Object.hasOwn(templates, name) ? templates[name] : undefined
  if (found !== undefined) return { name, user: found.user ?? defaultUser, rootfs: found.rootfs }
  const known = [hostTemplate, ...Object.keys(templates)].join(', ')
  throw new SandboxError('template-not-found', adapterName, `there is no template named ${name}`, {
    field: 'template',
    remedy: `use one of: ${known}`,
  })
}
