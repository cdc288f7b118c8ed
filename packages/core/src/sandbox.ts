import type { ResolvedSandboxSpec } from './sandbox-spec.ts'
import type { CallOptions } from './call-options.ts'
import type { CodeInterpreter } from './code-interpreter.ts'
import type { EgressPolicy } from './egress.ts'
import type { Files } from './files.ts'
import type { SandboxId } from './ids.ts'
import type { Labels } from './labels.ts'
import type { Ports } from './ports.ts'
import type { Processes } from './process.ts'

export interface SandboxInfo {
  readonly id: SandboxId
  readonly adapter: string
  readonly template: string
  readonly state: 'running' | 'paused'
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly labels: Labels
  /** What a terminal should start, as the template has it. Absent where nobody knows: a shell. */
  readonly command?: readonly [string, ...string[]] | undefined
}

/** Use at one moment. Limits of zero mean that the adapter holds none. */
export interface SandboxMetrics {
  readonly atMs: number
  /** CPU time used since creation. */
  readonly cpuMs: number
  readonly memoryBytes: number
  readonly memoryLimitBytes: number
  readonly diskBytes: number
  readonly diskLimitBytes: number
  readonly pids: number
}

/** A remote desktop: an address that a browser can open. */
export interface Desktop {
  readonly url: (options?: CallOptions) => Promise<string>
}

/** A browser in the sandbox, driven over the Chrome DevTools protocol. */
export interface Browser {
  readonly cdpUrl: (options?: CallOptions) => Promise<string>
}

/**
 * The least that agent-facing code needs. Nothing here can end the sandbox, prolong it, or change what it may reach.
 */
export interface AgentSandbox {
  readonly id: SandboxId
  readonly processes: Processes
  readonly files: Files
  readonly code?: CodeInterpreter | undefined
  readonly ports?: Ports | undefined
}

/**
 * One isolated, machine-like thing with processes, files and a lifetime. The object is a handle: many may exist for the same
 * sandbox, in several processes. An optional member is present exactly when the adapter declares the feature. When the sandbox
 * is gone, every call rejects with `sandbox-not-found`. Disposing the handle destroys the sandbox; `detach` does not.
 */
export interface Sandbox extends AgentSandbox, AsyncDisposable {
  readonly adapter: string
  readonly desktop?: Desktop | undefined
  readonly browser?: Browser | undefined
  readonly info: (options?: CallOptions) => Promise<SandboxInfo>
  /** Sets the end of life to `ttlMs` from now. It may come nearer. More than `capabilities.maxTtlMs` is `invalid-argument`. */
  readonly extend: (ttlMs: number, options?: CallOptions) => Promise<SandboxInfo>
  /** Ends it with all its processes and files. Idempotent; resolves only when nothing is left. */
  readonly destroy: (options?: CallOptions) => Promise<'destroyed' | 'absent'>
  /** Closes this handle's connections; the sandbox and its processes live on. */
  readonly detach: () => Promise<void>
  /** The same sandbox with less power. */
  readonly restricted: () => AgentSandbox
  /** Freezes all processes. Calls that need a process wait or reject with `conflict` until `resume`. Idempotent. */
  readonly pause?: ((options?: CallOptions) => Promise<void>) | undefined
  readonly resume?: ((options?: CallOptions) => Promise<void>) | undefined
  /** Keeps its content (and memory, where the adapter says so) under a template name that `create` accepts. */
  readonly snapshot?: ((name: string, options?: CallOptions) => Promise<{ readonly template: string }>) | undefined
  /** `count` new sandboxes that go on from this one's state. */
  readonly fork?:
    | ((
        count: number,
        overrides?: Pick<ResolvedSandboxSpec, 'ttlMs' | 'labels'>,
        options?: CallOptions,
      ) => Promise<readonly Sandbox[]>)
    | undefined
  readonly metrics?: ((options?: CallOptions) => Promise<SandboxMetrics>) | undefined
  /** Replaces what the sandbox may reach, connections that are open included. */
  readonly setEgress?: ((policy: EgressPolicy, options?: CallOptions) => Promise<void>) | undefined
}

/** Builds the restricted view of any sandbox. */
export function restrict(sandbox: AgentSandbox): AgentSandbox {
  return Object.freeze({
    id: sandbox.id,
    processes: sandbox.processes,
    files: sandbox.files,
    ...(sandbox.code === undefined ? {} : { code: sandbox.code }),
    ...(sandbox.ports === undefined ? {} : { ports: sandbox.ports }),
  })
}
