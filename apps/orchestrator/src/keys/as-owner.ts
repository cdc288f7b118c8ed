import type { CreatedKey, NewKey, Quota } from '@caisson/api/schemas'
import type { OrganizationId } from '@caisson/core'
import { createAuditStore } from '../store/audit-store.ts'
import type { Database } from '../store/database.ts'
import { createLimitsStore } from '../store/limits-store.ts'
import { createKeyStore } from './key-store.ts'

/** Who has the machine and the database of the service, as the audit log calls them. */
const actor = 'the owner of the service'

export async function createKeyAsOwner(
  database: Database,
  organization: OrganizationId,
  key: NewKey,
): Promise<CreatedKey> {
  const created = await createKeyStore(database).create(key, organization)
  const details = { key: created.id, name: created.name, role: created.role }
  await createAuditStore(database).append({ organization, atMs: Date.now(), action: 'key.created', actor, details })
  return created
}

/** Also that of the organization as a whole, which its own admins cannot change. */
export async function setQuotaAsOwner(database: Database, organization: OrganizationId, quota: Quota): Promise<void> {
  await createLimitsStore(database).setQuota(organization, quota)
  await createAuditStore(database).append({
    organization,
    atMs: Date.now(),
    action: 'quota.set',
    actor,
    details: Object.fromEntries(
      Object.entries(quota).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
  })
}
