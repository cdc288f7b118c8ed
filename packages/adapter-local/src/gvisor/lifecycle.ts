import type { Sandbox, SandboxMetrics } from '@caisson/core'
import type { Lifecycle } from '@caisson/daemon-client'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Group } from '../cgroup/group.ts'
import { remainingMs } from '../expiry/remaining-ms.ts'
import { groupOf } from '../launch/group-of.ts'
import { findLiving, isRunning } from '../find-running.ts'
import type { Context } from '../launch/context.ts'
import { cpuTimeMs, readMetrics } from '../metrics.ts'
import type { LivingRecord } from '../record/record.ts'
import { sandboxDirectory } from '../record/store.ts'
import { withEnd } from '../set-end.ts'
import { within } from '../within.ts'
import { adapterNames } from '../tier.ts'
import { forkSandbox } from './fork.ts'
import { pauseSandbox, resumeSandbox } from './pause.ts'
import { takeSnapshot } from './snapshot.ts'

export interface GvisorLifecycleOptions {
  readonly context: Context
  readonly record: LivingRecord
  /** Names that no snapshot may have. */
  readonly templates: readonly string[]
  readonly onExtended: (record: LivingRecord) => void
  readonly adopt: (record: LivingRecord) => Promise<Sandbox>
}

/** What gVisor sandboxes can do since their memory can be written down. */
export function gvisorLifecycle({
  context,
  record: { id },
  templates,
  onExtended,
  adopt,
}: GvisorLifecycleOptions): Pick<Lifecycle, 'pause' | 'resume' | 'snapshot' | 'fork' | 'metrics'> {
  const adapter = adapterNames[context.tier]
  return {
    pause: async (call) => await within(call, async () => await pauseSandbox(context, id), adapter),
    resume: async (call) =>
      await within(
        call,
        async () => {
          // One whose time ran out begins a new one; it would be paused again at once otherwise.
          const renew = (old: LivingRecord) => (remainingMs(old) <= 0 ? withEnd(old, old.ttlMs) : old)
          onExtended(await resumeSandbox(context, id, renew))
        },
        adapter,
      ),
    snapshot: async (name, call) =>
      await within(
        call,
        async () => {
          await takeSnapshot(context, id, name, templates)
          return { template: name }
        },
        adapter,
      ),
    fork: async (count, overrides, call) =>
      await within(
        call,
        async (signal) => {
          const forks = await forkSandbox(context, id, { count, overrides: overrides ?? {}, signal })
          return await Promise.all(forks.map(adopt))
        },
        adapter,
      ),
    metrics: async (call) =>
      await within(
        call,
        async () => {
          const record = await findLiving(context, id)
          const group = groupOf(context, record)
          if (group === undefined) throw new Error('a gVisor sandbox has a control group')
          return isRunning(record) ? await readMetrics(group, record) : await metricsAtRest(context, group, record)
        },
        adapter,
      ),
  }
}

/** Of a sandbox that has no process. */
async function metricsAtRest(
  { store }: Context,
  group: Group,
  { id, resources }: LivingRecord,
): Promise<SandboxMetrics> {
  const { blocks } = await stat(join(sandboxDirectory(store, id), 'disk.img'))
  return {
    atMs: Date.now(),
    cpuMs: await cpuTimeMs(group),
    memoryBytes: 0,
    memoryLimitBytes: resources.memoryBytes,
    diskBytes: blocks * 512,
    diskLimitBytes: resources.diskBytes,
    pids: 0,
  }
}
