import type {
  CallOptions,
  EgressPolicy,
  Feature,
  LimitKind,
  OrganizationId,
  Sandbox,
  SandboxSpec,
  Volumes,
} from '@caisson/core'

/** Whose key came with a request. */
export interface GatewayCaller {
  readonly organization: OrganizationId
  /** Names the key, for audit. */
  readonly name: string
}

/** Where a sandbox of a gateway really is. */
export interface Whereabouts {
  readonly organization: OrganizationId
  readonly adapter: string
  /** Its id at the adapter. */
  readonly sandbox: string
  /** Its size, by which it is billed. */
  readonly cpuCount: number
  readonly memoryMb: number
}

/** An adapter as a gateway needs to know it. */
export interface GatewayAdapter {
  readonly name: string
  readonly features: readonly Feature[]
  readonly limits: readonly LimitKind[]
  readonly templates: readonly string[]
  readonly maxTtlMs: number
  readonly volumes?: Volumes | undefined
}

/** What the service offers a gateway: who asks, where sandboxes come from, and where records are kept. Failures are core's errors. */
export interface GatewayHost<Kind extends string> {
  readonly authenticate: (key: string) => Promise<GatewayCaller | undefined>
  /** Those that could be asked, in no order. */
  readonly adapters: readonly GatewayAdapter[]
  /**
   * A new sandbox wherever the organization's policy, quota and budget put it; leased, audited and traced. `denied` and `quota-exceeded` are
   * refusals. With `only` no other adapter comes into question: something that the sandbox needs is there. What the policy takes away of `spec.egress` is taken away silently: the decision says so.
   * `wished` takes the place of `spec.egress` if the policy lets it and the adapter can; it does not change where the sandbox is put.
   */
  readonly open: (
    spec: SandboxSpec,
    caller: GatewayCaller,
    options?: CallOptions & { readonly only?: string | undefined; readonly wished?: EgressPolicy | undefined },
  ) => Promise<Sandbox>
  /**
   * Takes a sandbox that came out of another one (a fork) under a lease of its own, and gives it back in the form to be used from then on.
   * When that is refused the sandbox is destroyed.
   */
  readonly adopt: (sandbox: Sandbox, caller: GatewayCaller) => Promise<Sandbox>
  readonly connect: (whereabouts: Whereabouts, options?: CallOptions) => Promise<Sandbox>
  /** Destroys it and ends its lease. Also for one that is gone already. */
  readonly close: (whereabouts: Whereabouts) => Promise<'destroyed' | 'absent'>
  readonly records: GatewayRecords<Kind>
  readonly blobs: GatewayBlobs
  /** Told of failures that no caller hears of. */
  readonly onError: (error: unknown, doing: string) => void
}

/** Larger pieces of data of an organization. */
export interface GatewayBlobs {
  /** Rejects with `too-large` beyond what the service keeps, and then leaves nothing. */
  readonly put: (organization: OrganizationId, id: string, data: ReadableStream<Uint8Array>) => Promise<void>
  readonly get: (organization: OrganizationId, id: string) => Promise<ReadableStream<Uint8Array> | undefined>
  readonly remove: (organization: OrganizationId, id: string) => Promise<void>
}

/** Small documents that outlive the process and are the same for every replica. Ids are unguessable and unique over all organizations. */
export interface GatewayRecords<Kind extends string> {
  readonly put: (kind: Kind, organization: OrganizationId, id: string, value: object) => Promise<void>
  /** As `put`, unless there is one of that id, whosever it is. */
  readonly add: (kind: Kind, organization: OrganizationId, id: string, value: object) => Promise<'added' | 'taken'>
  /** Whosever it is: callers compare the organization. */
  readonly get: (
    kind: Kind,
    id: string,
  ) => Promise<{ readonly organization: OrganizationId; readonly value: unknown } | undefined>
  /** In no order. */
  readonly list: (kind: Kind, organization: OrganizationId) => Promise<readonly unknown[]>
  /** Of all organizations. */
  readonly listAll: (kind: Kind) => Promise<readonly unknown[]>
  readonly remove: (kind: Kind, organization: OrganizationId, id: string) => Promise<'removed' | 'absent'>
}
