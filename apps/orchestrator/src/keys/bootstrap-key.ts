import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { organizationIdSchema } from '@caisson/core'
import { freshKey, type KeyStore } from './key-store.ts'

/** The organization of the first key. */
export const firstOrganization = organizationIdSchema.parse('default')

/**
 * Makes the first key of a new database and writes it to a file that only its owner can read. Returns the path, or nothing when there
 * are keys already.
 */
export async function bootstrapKey(keys: KeyStore, stateDirectory: string): Promise<string | undefined> {
  if (!(await keys.isEmpty())) return undefined
  const path = join(stateDirectory, 'admin-key')
  const fresh = `${path}.${process.pid}`
  await rm(fresh, { force: true })
  const key = freshKey()
  const file = await open(fresh, 'wx', 0o600)
  await file.writeFile(`${key}\n`)
  await file.sync()
  await file.close()
  await rename(fresh, path)
  // Last, so that a failure before it leaves a database without keys, for which the next start makes one.
  await keys.create({ name: 'bootstrap', role: 'admin' }, firstOrganization, key)
  return path
}
