import type { AdapterCapabilities, AdapterHealth } from './capabilities.ts'
import type { CallOptions } from './call-options.ts'
import type { SandboxId } from './ids.ts'
import type { Labels } from './labels.ts'
import type { SandboxSpec } from './sandbox-spec.ts'
import type { Sandbox, SandboxInfo } from './sandbox.ts'
import type { Volumes } from './volumes.ts'

export interface SandboxQuery {
  /** Only sandboxes that carry all of these. */
  readonly labels?: Labels | undefined
}

/** Offers the sandboxes of one provider. Prove yours with `@caisson/conformance`. */
export interface SandboxAdapter extends AsyncDisposable {
  readonly specificationVersion: 'caisson-adapter-v1'
  /** How policies and decisions name it: lower-case letters, digits and "-". */
  readonly name: string
  readonly capabilities: AdapterCapabilities
  /**
   * Creates a sandbox and resolves when its first process can start. When it rejects, nothing is left: no process, mount, directory or
   * bill. An unknown template is `template-not-found`; a limit or feature not held is `unsupported`; no room is `quota-exceeded`.
   */
  readonly create: (spec: SandboxSpec, options?: CallOptions) => Promise<Sandbox>
  /** A handle for a sandbox that exists, made by this process or another. Unknown or over: `sandbox-not-found`. */
  readonly connect: (id: SandboxId, options?: CallOptions) => Promise<Sandbox>
  /** All living sandboxes of this adapter's own scope, in no order. */
  readonly list: (query?: SandboxQuery, options?: CallOptions) => AsyncIterable<SandboxInfo>
  /** As `Sandbox.destroy`, without a handle. A failure to destroy throws and never reports success. */
  readonly destroy: (id: SandboxId, options?: CallOptions) => Promise<'destroyed' | 'absent'>
  /** Whether `create` could work now. Never throws for an unhealthy provider: it says so. */
  readonly probe: (options?: CallOptions) => Promise<AdapterHealth>
  /** Removes what this adapter's dead owners left behind, expired sandboxes included. Sandboxes that live are never touched. */
  readonly sweep?: ((options?: CallOptions) => Promise<{ readonly removed: number }>) | undefined
  /** Present exactly when the adapter declares the feature `volumes`. */
  readonly volumes?: Volumes | undefined
  /** Disposing closes what the adapter itself holds. Sandboxes live on. */
}
