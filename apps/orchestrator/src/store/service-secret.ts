import { randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Database } from './database.ts'
import { serviceSecrets } from './schema.ts'

/** A secret of the service, made when it is first asked for and the same for every replica. */
export async function serviceSecret(database: Database, name: string): Promise<string> {
  const value = randomBytes(32).toString('hex')
  await database.insert(serviceSecrets).values({ name, value }).onConflictDoNothing()
  const [found] = await database.select().from(serviceSecrets).where(eq(serviceSecrets.name, name))
  if (found === undefined) throw new Error(`the database does not keep the secret ${name}`)
  return found.value
}
