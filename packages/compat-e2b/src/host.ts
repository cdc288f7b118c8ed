import type { CallOptions, Feature, OrganizationId, Sandbox, SandboxSpec, Volumes } from '@caisson/core'

/** Whose key came with a request. */
export interface E2bCaller {
  readonly organization: OrganizationId
  /** Names the key, for audit. */
  readonly name: string
}

/** Where a sandbox of this gateway really is. */
export interface Whereabouts {
  readonly organization: OrganizationId
  readonly adapter: string
  /** Its id at the adapter. */
  readonly sandbox: string
  /** Its size, by which it is billed. */
  readonly cpuCount: number
  readonly memoryMb: number
}

/** An adapter as the gateway needs to know it. */
export interface E2bAdapter {
  readonly name: string
  readonly features: readonly Feature[]
  readonly templates: readonly string[]
  readonly maxTtlMs: number
  readonly volumes?: Volumes | undefined
}

/** What the service offers the gateway: who asks, where sandboxes come from, and where records are kept. Failures are core's errors. */
export interface E2bHost {
  readonly authenticate: (key: string) => Promise<E2bCaller | undefined>
  /** Those that could be asked, in no order. */
  readonly adapters: readonly E2bAdapter[]
  /**
   * A new sandbox wherever the organization's policy, quota and budget put it; leased, audited and traced. `denied` and `quota-exceeded` are
   * refusals. With `only` no other adapter comes into question: something that the sandbox needs is there. What the policy takes away of `spec.egress` is taken away silently: the decision says so.
   */
  readonly open: (
    spec: SandboxSpec,
    caller: E2bCaller,
    options?: CallOptions & { readonly only?: string | undefined },
  ) => Promise<Sandbox>
  /** Takes a sandbox that came out of another one (a fork) under a lease of its own. When that is refused the sandbox is destroyed. */
  readonly adopt: (sandbox: Sandbox, caller: E2bCaller) => Promise<void>
  readonly connect: (whereabouts: Whereabouts, options?: CallOptions) => Promise<Sandbox>
  /** Destroys it and ends its lease. Also for one that is gone already. */
  readonly close: (whereabouts: Whereabouts) => Promise<'destroyed' | 'absent'>
  readonly records: E2bRecords
  readonly blobs: E2bBlobs
  /** Told of failures that no caller hears of. */
  readonly onError: (error: unknown, doing: string) => void
}

/** Larger pieces of data of an organization. */
export interface E2bBlobs {
  /** Rejects with `too-large` beyond what the service keeps, and then leaves nothing. */
  readonly put: (organization: OrganizationId, id: string, data: ReadableStream<Uint8Array>) => Promise<void>
  readonly get: (organization: OrganizationId, id: string) => Promise<ReadableStream<Uint8Array> | undefined>
  readonly remove: (organization: OrganizationId, id: string) => Promise<void>
}

export const recordKinds = ['sandbox', 'snapshot', 'template', 'build', 'volume', 'secret'] as const
export type RecordKind = (typeof recordKinds)[number]

/** Small documents that outlive the process and are the same for every replica. Ids are unguessable and unique over all organizations. */
export interface E2bRecords {
  readonly put: (kind: RecordKind, organization: OrganizationId, id: string, value: object) => Promise<void>
  /** Whosever it is: callers compare the organization. */
  readonly get: (
    kind: RecordKind,
    id: string,
  ) => Promise<{ readonly organization: OrganizationId; readonly value: unknown } | undefined>
  /** In no order. */
  readonly list: (kind: RecordKind, organization: OrganizationId) => Promise<readonly unknown[]>
  /** Of all organizations. */
  readonly listAll: (kind: RecordKind) => Promise<readonly unknown[]>
  readonly remove: (kind: RecordKind, organization: OrganizationId, id: string) => Promise<'removed' | 'absent'>
}
