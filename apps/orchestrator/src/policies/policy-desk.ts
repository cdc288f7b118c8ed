import { OperationError, type OrganizationId } from '@caisson/core'
import { type Policy, underService } from '@caisson/router'
import type { PolicyStore } from './policy-store.ts'

/** Which policy holds for whom. */
export interface PolicyDesk {
  /** What the next decision for the organization is made by. Kept in the store, so that its hash can be read again. */
  readonly inForce: (organization: OrganizationId) => Promise<Policy>
  /** A version of the organization's own. Unknown is `policy-not-found`. */
  readonly own: (organization: OrganizationId, hash: string) => Promise<Policy>
}

/** More are forgotten, and made again when they are needed. */
const maxKept = 200

/** The policy of the service, and on top of it what organizations chose. A choice holds at once on every replica. */
export function createPolicyDesk(store: PolicyStore, service: () => Promise<Policy>): PolicyDesk {
  const kept = new Map<string, Policy>()
  const stored = new Set<string>()

  const own = async (organization: OrganizationId, hash: string): Promise<Policy> => {
    const key = `${organization}/${hash}`
    const known = kept.get(key)
    if (known !== undefined) return known
    const policy = await store.get(organization, hash)
    if (policy === undefined) {
      throw new OperationError('policy-not-found', `there is no policy ${hash}`, { field: 'hash' })
    }
    if (kept.size >= maxKept) kept.clear()
    kept.set(key, policy)
    return policy
  }

  const remember = async (organization: OrganizationId, policy: Policy): Promise<void> => {
    const key = `${organization}/${policy.hash}`
    if (stored.has(key)) return
    await store.put(organization, policy, { name: undefined, atMs: Date.now() })
    if (stored.size >= maxKept) stored.clear()
    stored.add(key)
  }

  return {
    own,
    inForce: async (organization) => {
      const [ofService, chosen] = await Promise.all([service(), store.chosen(organization)])
      const policy = chosen === undefined ? ofService : underService(await own(organization, chosen), ofService)
      await remember(organization, policy)
      return policy
    },
  }
}
