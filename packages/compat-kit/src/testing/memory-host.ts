import {
  egressHeadersOf,
  OperationError,
  type OrganizationId,
  organizationIdSchema,
  type Resources,
  type SandboxAdapter,
  sandboxIdSchema,
} from '@caisson/core'
import type { GatewayBlobs, GatewayHost, GatewayRecords } from '../gateway-host.ts'

export interface MemoryHostOptions {
  readonly adapter: SandboxAdapter
  /** Key to organization. */
  readonly keys: Readonly<Record<string, string>>
  /** What sandboxes get that do not say. */
  readonly resources?: Partial<Resources> | undefined
  /** Sandboxes of one organization at one time. */
  readonly quota?: number | undefined
}

export interface MemoryHost<Kind extends string> {
  readonly host: GatewayHost<Kind>
  /** Failures that no caller heard of. */
  readonly failures: readonly unknown[]
  /** The sandboxes that are held now, by their ids at the adapter. */
  readonly held: () => readonly string[]
  /** Ends them. */
  readonly clear: () => Promise<void>
}

/** A service over one adapter for the tests of a gateway: everything is allowed, and what is kept ends with the process. */
export function createMemoryHost<Kind extends string>(options: MemoryHostOptions): MemoryHost<Kind> {
  const { adapter, keys, resources, quota = 100 } = options
  const failures: unknown[] = []
  const leases = new Map<string, string>()
  const close = async (id: string): Promise<'destroyed' | 'absent'> => {
    leases.delete(id)
    return await adapter.destroy(sandboxIdSchema.parse(id))
  }
  const host: GatewayHost<Kind> = {
    authenticate: async (key) => {
      const organization = Object.hasOwn(keys, key) ? keys[key] : undefined
      return organization === undefined
        ? undefined
        : { organization: organizationIdSchema.parse(organization), name: 'test' }
    },
    get adapters() {
      return [{ ...adapter.capabilities, name: adapter.name, volumes: adapter.volumes }]
    },
    open: async (spec, { organization }, call) => {
      if ([...leases.values()].filter((owner) => owner === organization).length >= quota)
        throw new OperationError('quota-exceeded', 'too many sandboxes')
      const { features } = adapter.capabilities
      const asked = features.includes('egress-networks') ? (call?.wished ?? spec.egress) : spec.egress
      // As the service does it: what reaches nothing needs nothing, unless it may be changed.
      const isEmpty =
        asked?.mode === 'allow' &&
        asked.rules.length === 0 &&
        egressHeadersOf(asked).length === 0 &&
        !features.includes('set-egress')
      const egress = isEmpty ? undefined : asked
      const sandbox = await adapter.create(
        { ...spec, egress, resources: { ...resources, ...spec.resources }, labels: { organization } },
        call,
      )
      leases.set(sandbox.id, organization)
      return sandbox
    },
    adopt: async (sandbox, { organization }) => {
      leases.set(sandbox.id, organization)
      return sandbox
    },
    connect: async ({ sandbox }, call) => await adapter.connect(sandboxIdSchema.parse(sandbox), call),
    close: async ({ sandbox }) => await close(sandbox),
    records: createMemoryRecords(),
    blobs: createMemoryBlobs(),
    onError: (error) => failures.push(error),
  }
  return {
    host,
    failures,
    held: () => [...leases.keys()],
    clear: async () => {
      for (const id of leases.keys()) await close(id)
    },
  }
}

function createMemoryRecords<Kind extends string>(): GatewayRecords<Kind> {
  const records = new Map<string, { readonly organization: OrganizationId; readonly value: string }>()
  const keyOf = (kind: string, id: string): string => `${kind}/${id}`
  return {
    put: async (kind, organization, id, value) =>
      void records.set(keyOf(kind, id), { organization, value: JSON.stringify(value) }),
    add: async (kind, organization, id, value) => {
      if (records.has(keyOf(kind, id))) return 'taken'
      records.set(keyOf(kind, id), { organization, value: JSON.stringify(value) })
      return 'added'
    },
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

function createMemoryBlobs(): GatewayBlobs {
  const blobs = new Map<string, Blob>()
  return {
    put: async (organization, id, data) => void blobs.set(`${organization}/${id}`, await new Response(data).blob()),
    get: async (organization, id) => blobs.get(`${organization}/${id}`)?.stream(),
    remove: async (organization, id) => void blobs.delete(`${organization}/${id}`),
  }
}
