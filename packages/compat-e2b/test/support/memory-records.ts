import type { OrganizationId } from '@caisson/core'
import type { E2bRecords } from '../../src/index.ts'

/** Records that end with the process. */
export function createMemoryRecords(): E2bRecords {
  const records = new Map<string, { readonly organization: OrganizationId; readonly value: string }>()
  const keyOf = (kind: string, id: string): string => `${kind}/${id}`
  return {
    put: async (kind, organization, id, value) =>
      void records.set(keyOf(kind, id), { organization, value: JSON.stringify(value) }),
    get: async (kind, id) => {
      const found = records.get(keyOf(kind, id))
      return found === undefined ? undefined : { organization: found.organization, value: JSON.parse(found.value) }
    },
    list: async (kind, organization) =>
      [...records]
        .filter(([key, record]) => key.startsWith(`${kind}/`) && record.organization === organization)
        .map(([, { value }]): unknown => JSON.parse(value)),
    listAll: async (kind) =>
      [...records].filter(([key]) => key.startsWith(`${kind}/`)).map(([, { value }]): unknown => JSON.parse(value)),
    remove: async (kind, organization, id) => {
      const found = records.get(keyOf(kind, id))
      if (found?.organization !== organization) return 'absent'
      records.delete(keyOf(kind, id))
      return 'removed'
    },
  }
}
