import { organizationIdSchema } from '@caisson/core'
import { z } from 'zod'

/** What a key may do, weakest first. Each role may do what the ones before it may. */
export const roles = ['agent', 'operator', 'admin'] as const
export const roleSchema = z.enum(roles)
/**
 * `agent` runs operations and sees runs, `operator` also answers approvals and ends sandboxes, `admin` also manages keys. All within
 * their own organization.
 */
export type Role = z.infer<typeof roleSchema>

/** Whose key came with a request. */
export const callerSchema = z.strictObject({
  organization: organizationIdSchema,
  role: roleSchema,
  /** The name that the key was given, and the beginning of the key: enough to know it again, useless to guess it. */
  keyName: z.string(),
  keyPrefix: z.string(),
})
export type Caller = z.infer<typeof callerSchema>

export function mayActAs(caller: Caller, role: Role): boolean {
  return roles.indexOf(caller.role) >= roles.indexOf(role)
}
