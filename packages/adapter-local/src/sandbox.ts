import { checkTtl, onlyUser } from '@caisson/adapter-kit'
import {
  type AdapterCapabilities,
  type CallOptions,
  type EgressPolicy,
  egressPolicySchema,
  type Sandbox,
  type SandboxAdapter,
  SandboxError,
  type SandboxInfo,
} from '@caisson/core'
import { createDaemonSandbox, type Lifecycle } from '@caisson/daemon-client'
import { isFrozen, setFrozen } from './cgroup/freeze.ts'
import { goneErrnos, type Group } from './cgroup/group.ts'
import { withEgress } from './egress/authority.ts'
import { remainingMs } from './expiry/remaining-ms.ts'
import { dialDaemon } from './dial-daemon.ts'
import { findLiving, findRunning, gone } from './find-running.ts'
import { changing } from './gvisor/change.ts'
import { dialGvisor } from './gvisor/dial.ts'
import { gvisorLifecycle } from './gvisor/lifecycle.ts'
import type { Context } from './launch/context.ts'
import { groupOf } from './launch/group-of.ts'
import { hasErrno } from './map-error.ts'
import { readMetrics } from './metrics.ts'
import { withEnd } from './set-end.ts'
import { adapterNames } from './tier.ts'
import { within } from './within.ts'
import type { LivingRecord } from './record/record.ts'
import { writeRecord } from './record/store.ts'

export interface SandboxOptions {
  readonly context: Context
  readonly capabilities: AdapterCapabilities
  readonly record: LivingRecord
  readonly destroy: SandboxAdapter['destroy']
  /** Told of every new end of life. */
  readonly onExtended: (record: LivingRecord) => void
  /** Told of what it may reach from now on. */
  readonly onEgress: (record: LivingRecord) => Promise<void>
  /** Makes a sandbox of a record that is new. */
  readonly adopt: (record: LivingRecord) => Promise<Sandbox>
}

export function createSandbox(options: SandboxOptions): Sandbox {
  const { context, record } = options
  const group = groupOf(context, record)
  const isSingle = record.privileges === 'none'
  const sandbox = createDaemonSandbox({
    id: record.id,
    adapter: adapterNames[context.tier],
    dial: context.tier === 'gvisor' ? dialGvisor(context, record.id) : dialDaemon(record),
    accessToken: record.accessToken,
    ...(isSingle ? { onlyUser: record.user } : {}),
    lifecycle: { ...lifecycle(options), ...(group === undefined ? {} : further(options, group)) },
  })
  return isSingle ? onlyUser(sandbox, record.user) : sandbox
}

function lifecycle(options: SandboxOptions): Lifecycle {
  const { context, capabilities, record, destroy } = options
  const adapter = adapterNames[context.tier]
  return {
    info: async (call) =>
      await within(call, async () => await describe(context, await findLiving(context, record.id)), adapter),
    extend: async (ttlMs, call) => {
      checkTtl(adapter, ttlMs, capabilities)
      return await within(call, async () => await describe(context, await setEnd(options, ttlMs)), adapter)
    },
    destroy: async (call) => await within(call, async () => await destroy(record.id), adapter),
    setEgress: async (policy, call) => await within(call, async () => await replaceEgress(options, policy), adapter),
  }
}

/** What needs a control group. */
function further(options: SandboxOptions, group: Group): Partial<Lifecycle> {
  const { context, record, capabilities, onExtended, adopt } = options
  if (context.tier === 'container') return controlled(options, group)
  return gvisorLifecycle({ context, record, templates: capabilities.templates, onExtended, adopt })
}

/** What a control group can do by itself. */
function controlled(options: SandboxOptions, group: Group): Pick<Sandbox, 'pause' | 'resume' | 'metrics'> {
  const { context, record } = options
  return {
    pause: async (call) =>
      await whileThere(call, async () => {
        await findRunning(context, record.id)
        await setFrozen(group, true)
      }),
    resume: async (call) =>
      await whileThere(call, async () => {
        const current = await findRunning(context, record.id)
        // One whose time ran out begins a new one; it would be paused again at once otherwise.
        if (remainingMs(current) <= 0) await setEnd(options, current.ttlMs)
        await setFrozen(group, false)
      }),
    metrics: async (call) =>
      await whileThere(call, async () => await readMetrics(group, await findRunning(context, record.id))),
  }

  /** It may end in the middle, and its control group with it. */
  async function whileThere<T>(call: CallOptions | undefined, work: () => Promise<T>): Promise<T> {
    return await within(call, async () => {
      try {
        return await work()
      } catch (error) {
        throw hasErrno(error, ...goneErrnos) ? gone(record.id) : error
      }
    })
  }
}

async function setEnd({ context, record, onExtended }: SandboxOptions, ttlMs: number): Promise<LivingRecord> {
  const set = async (current: LivingRecord): Promise<LivingRecord> => {
    const extended = withEnd(current, ttlMs)
    writeRecord(context.store, extended)
    onExtended(extended)
    return await Promise.resolve(extended)
  }
  if (context.tier === 'gvisor') return await changing(context, record.id, set)
  return await set(await findLiving(context, record.id))
}

async function replaceEgress({ context, record, onEgress }: SandboxOptions, policy: EgressPolicy): Promise<void> {
  const adapter = adapterNames[context.tier]
  const parsed = egressPolicySchema.safeParse(policy)
  if (!parsed.success)
    throw new SandboxError('invalid-argument', adapter, 'not a policy', { field: 'egress', cause: parsed.error })
  // One without rules still has a way out, which others may be given later.
  const egress: Extract<EgressPolicy, { mode: 'allow' }> =
    parsed.data.mode === 'none' ? { mode: 'allow', rules: [] } : parsed.data
  const set = async (current: LivingRecord): Promise<LivingRecord> => {
    if (current.egress.mode === 'none') {
      if (egress.rules.length === 0) return current
      throw new SandboxError('unsupported', adapter, 'the sandbox was made without a way out', {
        field: 'egress',
        remedy: "create it with the mode 'allow', if only with an empty list of rules",
      })
    }
    const changed = await withEgress(context, current, egress)
    writeRecord(context.store, changed)
    await onEgress(changed)
    return changed
  }
  if (context.tier === 'gvisor') await changing(context, record.id, set)
  else await set(await findLiving(context, record.id))
}

export async function describe(context: Context, record: LivingRecord): Promise<SandboxInfo> {
  return {
    id: record.id,
    adapter: adapterNames[context.tier],
    template: record.template,
    ...(record.command === undefined ? {} : { command: record.command }),
    state: (await isPaused(context, record)) ? 'paused' : 'running',
    createdAtMs: record.createdAtMs,
    expiresAtMs: record.expiresAtMs,
    labels: record.labels,
  }
}

async function isPaused(context: Context, record: LivingRecord): Promise<boolean> {
  if (context.tier === 'gvisor') return record.state !== 'running' && record.state !== 'copying'
  const group = groupOf(context, record)
  if (group === undefined) return false
  const frozen = await isFrozen(group)
  if (frozen === undefined) throw gone(record.id)
  return frozen
}
