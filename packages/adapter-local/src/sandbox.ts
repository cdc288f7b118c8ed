import { checkTtl, isAlive, onlyUser } from '@caisson/adapter-kit'
import type { AdapterCapabilities, Sandbox, SandboxAdapter, SandboxInfo } from '@caisson/core'
import { createDaemonSandbox, dialUnixSocket, type Lifecycle } from '@caisson/daemon-client'
import type { Duplex } from 'node:stream'
import { isFrozen, setFrozen } from './cgroup/freeze.ts'
import type { Group } from './cgroup/group.ts'
import { groupOf, remainingMs } from './expiry/expire.ts'
import { findRunning } from './find-running.ts'
import type { Context } from './launch/context.ts'
import { uptimeMs } from './machine/boot.ts'
import { readMetrics } from './metrics.ts'
import { adapterNames } from './tier.ts'
import { within } from './within.ts'
import type { RunningRecord } from './record/record.ts'
import { writeRecord } from './record/store.ts'

export interface SandboxOptions {
  readonly context: Context
  readonly capabilities: AdapterCapabilities
  readonly record: RunningRecord
  readonly destroy: SandboxAdapter['destroy']
  /** Told of every new end of life. */
  readonly onExtended: (record: RunningRecord) => void
}

export function createSandbox(options: SandboxOptions): Sandbox {
  const { context, record } = options
  const group = groupOf(context, record)
  const sandbox = createDaemonSandbox({
    id: record.id,
    adapter: adapterNames[context.tier],
    dial: dialDaemon(record),
    accessToken: record.accessToken,
    onlyUser: record.user,
    lifecycle: { ...lifecycle(options), ...(group === undefined ? {} : controlled(options, group)) },
  })
  return onlyUser(sandbox, record.user)
}

export function dialDaemon(record: RunningRecord): () => Duplex {
  return () => dialUnixSocket(isAlive(record.init) ? socketDirectory(record) : '/nonexistent', 'daemon.sock')
}

/** The daemon's socket lies in the sandbox's own mount namespace, to which its first process leads, or gVisor's for its files. */
export function socketDirectory({ init, gofer = init }: RunningRecord): string {
  return `/proc/${gofer.pid}/root/run/caisson`
}

function lifecycle(options: SandboxOptions): Lifecycle {
  const { context, capabilities, record, destroy } = options
  const adapter = adapterNames[context.tier]
  return {
    info: async (call) =>
      await within(call, async () => await describe(context, await findRunning(context, record.id)), adapter),
    extend: async (ttlMs, call) => {
      checkTtl(adapter, ttlMs, capabilities)
      return await within(call, async () => await describe(context, await setEnd(options, ttlMs)), adapter)
    },
    destroy: async (call) => await within(call, async () => await destroy(record.id), adapter),
  }
}

/** What only a control group can do. */
function controlled(options: SandboxOptions, group: Group): Pick<Sandbox, 'pause' | 'resume' | 'metrics'> {
  const { context, record } = options
  return {
    pause: async (call) =>
      await within(call, async () => {
        await findRunning(context, record.id)
        await setFrozen(group, true)
      }),
    resume: async (call) =>
      await within(call, async () => {
        const current = await findRunning(context, record.id)
        // One whose time ran out begins a new one; it would be paused again at once otherwise.
        if (remainingMs(current) <= 0) await setEnd(options, current.ttlMs)
        await setFrozen(group, false)
      }),
    metrics: async (call) =>
      await within(call, async () => await readMetrics(group, await findRunning(context, record.id))),
  }
}

async function setEnd({ context, record, onExtended }: SandboxOptions, ttlMs: number): Promise<RunningRecord> {
  const current = await findRunning(context, record.id)
  const extended = { ...current, ttlMs, expiresAtMs: Date.now() + ttlMs, expiresAtUptimeMs: uptimeMs() + ttlMs }
  writeRecord(context.store, extended)
  onExtended(extended)
  return extended
}

export async function describe(context: Context, record: RunningRecord): Promise<SandboxInfo> {
  const group = groupOf(context, record)
  return {
    id: record.id,
    adapter: adapterNames[context.tier],
    template: record.template,
    state: group !== undefined && (await isFrozen(group)) ? 'paused' : 'running',
    createdAtMs: record.createdAtMs,
    expiresAtMs: record.expiresAtMs,
    labels: record.labels,
  }
}
