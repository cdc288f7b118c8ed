import { z } from 'zod'

/** The user under which code runs. Never root: code must not be able to stop or read the daemon. */
export const templateUserSchema = z.strictObject({
  name: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/),
  uid: z.int().min(1).max(65_533),
  gid: z.int().min(1).max(65_533),
  home: z.string().regex(/^(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/, 'an absolute path of plain names'),
})
export type TemplateUser = z.infer<typeof templateUserSchema>

export const defaultUser: TemplateUser = { name: 'user', uid: 1000, gid: 1000, home: '/home/user' }
