import type { ApiServices, Scope } from '@caisson/api'
import type { CreatedKey, NewKey, Quota } from '@caisson/api/schemas'
import type { OrganizationId } from '@caisson/core'
import { createOrganizationServices } from '../services/organization-services.ts'
import { createAuditStore } from '../store/audit-store.ts'
import { createCostStore } from '../store/cost-store.ts'
import type { Database } from '../store/database.ts'
import { createLimitsStore } from '../store/limits-store.ts'
import { createKeyStore } from './key-store.ts'

/** Who has the machine and the database of the service, as the audit log calls them. */
const owner = 'the owner of the service'

export async function createKeyAsOwner(
  database: Database,
  organization: OrganizationId,
  key: NewKey,
): Promise<CreatedKey> {
  return await services(database).keys.create(key, scopeOf(organization))
}

/** Also that of the organization as a whole, which its own admins cannot change. */
export async function setQuotaAsOwner(database: Database, organization: OrganizationId, quota: Quota): Promise<void> {
  await services(database).limits.setQuota(quota, scopeOf(organization))
}

function services(database: Database): Pick<ApiServices, 'keys' | 'limits'> {
  return createOrganizationServices({
    keys: createKeyStore(database),
    limits: createLimitsStore(database),
    costs: createCostStore(database),
    audit: createAuditStore(database),
  })
}

function scopeOf(organization: OrganizationId): Scope {
  return { organization, agent: owner, agentName: owner }
}
