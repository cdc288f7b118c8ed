import type { E2bHost } from '@caisson/compat-e2b'
import { organizationIdSchema } from '@caisson/core'

/** Records that end with the process. */
export function createMemoryRecords(): E2bHost['records'] {
  const records = new Map<string, { readonly organization: string; readonly value: string }>()
  const keyOf = (kind: string, id: string): string => `${kind}/${id}`
  const valuesOf = (kind: string, organization?: string): unknown[] =>
    [...records]
      .filter(
        ([key, record]) => key.startsWith(`${kind}/`) && (organization ?? record.organization) === record.organization,
      )
      .map(([, { value }]): unknown => JSON.parse(value))
  return {
    put: async (kind, organization, id, value) =>
      await Promise.resolve(void records.set(keyOf(kind, id), { organization, value: JSON.stringify(value) })),
    get: async (kind, id) => {
      const found = records.get(keyOf(kind, id))
      const value: unknown = found === undefined ? undefined : JSON.parse(found.value)
      return await Promise.resolve(
        found === undefined ? undefined : { organization: organizationIdSchema.parse(found.organization), value },
      )
    },
    list: async (kind, organization) => await Promise.resolve(valuesOf(kind, organization)),
    listAll: async (kind) => await Promise.resolve(valuesOf(kind)),
    remove: async (kind, organization, id) => {
      const isThere = records.get(keyOf(kind, id))?.organization === organization
      if (isThere) records.delete(keyOf(kind, id))
      return await Promise.resolve(isThere ? 'removed' : 'absent')
    },
  }
}
