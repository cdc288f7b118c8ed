import type { PolicyVersion } from '@caisson/api/schemas'
import type { OrganizationId } from '@caisson/core'
import { type Policy, restorePolicy, underService } from '@caisson/router'
import { desc, eq } from 'drizzle-orm'
import type { Database } from '../store/database.ts'
import { policies, policyChoices } from '../store/schema.ts'
import { within } from '../store/scope.ts'

/** The versions of policies, and which one each organization chose. */
export interface PolicyStore {
  /** Keeps it under its hash. What is kept already stays as it is. */
  readonly put: (
    organization: OrganizationId,
    policy: Policy,
    by: { readonly name: string | undefined; readonly atMs: number },
  ) => Promise<void>
  readonly get: (organization: OrganizationId, hash: string) => Promise<Policy | undefined>
  /** Newest first. */
  readonly list: (organization: OrganizationId) => Promise<readonly PolicyVersion[]>
  /** The hash of the version that holds, if the organization chose one of its own. */
  readonly chosen: (organization: OrganizationId) => Promise<string | undefined>
  readonly choose: (
    organization: OrganizationId,
    hash: string | null,
    by: { readonly name: string; readonly atMs: number },
  ) => Promise<void>
}

const maxListed = 200

export function createPolicyStore(database: Database): PolicyStore {
  const chosen = async (organization: OrganizationId) => {
    const [row] = await database
      .select({ hash: policyChoices.hash })
      .from(policyChoices)
      .where(within(policyChoices, organization))
      .orderBy(desc(policyChoices.place))
      .limit(1)
    return row?.hash ?? undefined
  }
  return {
    put: async (organization, { hash, name, version, document, service }, by) => {
      await database
        .insert(policies)
        .values({
          organization,
          hash,
          name,
          version,
          document,
          service: service ?? null,
          storedBy: by.name ?? null,
          storedAtMs: by.atMs,
        })
        .onConflictDoNothing()
    },
    get: async (organization, hash) => {
      const [row] = await database
        .select({ document: policies.document, service: policies.service })
        .from(policies)
        .where(within(policies, organization, eq(policies.hash, hash)))
      if (row === undefined) return undefined
      const own = restorePolicy(row.document)
      return row.service === null ? own : underService(own, restorePolicy(row.service))
    },
    list: async (organization) => {
      const [rows, current] = await Promise.all([
        database
          .select()
          .from(policies)
          .where(within(policies, organization))
          .orderBy(desc(policies.place))
          .limit(maxListed),
        chosen(organization),
      ])
      return rows.map(({ hash, name, version, storedBy, storedAtMs }) => ({
        hash,
        name,
        version,
        storedBy: storedBy ?? undefined,
        storedAtMs,
        chosen: hash === current,
      }))
    },
    chosen,
    choose: async (organization, hash, by) => {
      await database.insert(policyChoices).values({ organization, hash, chosenBy: by.name, chosenAtMs: by.atMs })
    },
  }
}
