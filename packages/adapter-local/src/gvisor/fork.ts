import { type Labels, type ResolvedSandboxSpec, SandboxError } from '@caisson/core'
import { adapterName } from '../adapter-name.ts'
import type { Context } from '../launch/context.ts'
import { endSandbox } from '../launch/end-sandbox.ts'
import type { RunningRecord } from '../record/record.ts'
import { sandboxDirectory } from '../record/store.ts'
import { begin, type Copied, copyTo } from './begin.ts'
import { changing } from './change.ts'
import { whileWrittenDown } from './pause.ts'

/** More at one time is a mistake. */
const maxForks = 100
/** So many go on at the same time: more would only wait for each other's processor. */
const width = 4

export interface ForkRequest {
  readonly count: number
  readonly overrides: Partial<Pick<ResolvedSandboxSpec, 'ttlMs' | 'labels'>>
  readonly signal: AbortSignal
}

/** `count` sandboxes that go on from what this one has in memory and on its disk. All of them, or none when it throws. */
export async function forkSandbox(
  context: Context,
  id: string,
  { count, overrides, signal }: ForkRequest,
): Promise<readonly RunningRecord[]> {
  if (!Number.isInteger(count) || count < 1 || count > maxForks) {
    throw new SandboxError('invalid-argument', adapterName, `a sandbox is forked 1 to ${maxForks} times`, {
      field: 'count',
    })
  }
  const copies: Copied[] = []
  try {
    await changing(context, id, async (record) => {
      await whileWrittenDown(context, record, async (paused) => {
        const { template, templateEnv, command, user, resources, labels, egress, volumes, onExpiry, ttlMs, layer } =
          paused
        // What goes on from its memory trusts whom it trusts.
        const of = { template, templateEnv, command, layer, authority: paused.authority }
        const kept = { ...of, user, resources, egress, volumes, onExpiry, ttlMs }
        const beginning = { ...kept, ...overrides, labels: labelsOf(labels, overrides.labels) }
        for (let made = 0; made < count; made += 1) {
          signal.throwIfAborted()
          copies.push(await copyTo(context, sandboxDirectory(context.store, id), beginning))
        }
      })
    })
    return await beginAll(context, copies, signal)
  } catch (error) {
    await Promise.allSettled(copies.map(async ({ record }) => await endSandbox(context, record.id)))
    throw error
  }
}

/** A fork has what the sandbox has in memory and in volumes, so it belongs to the same organization. */
function labelsOf(labels: Labels, wanted: Labels | undefined): Labels {
  const { organization } = labels
  if (wanted === undefined) return labels
  if (wanted['organization'] !== undefined && wanted['organization'] !== organization) {
    throw new SandboxError('invalid-argument', adapterName, 'a fork belongs to the organization of its sandbox', {
      field: 'labels.organization',
      remedy: 'leave it out',
    })
  }
  return organization === undefined ? wanted : { ...wanted, organization }
}

async function beginAll(
  context: Context,
  copies: readonly Copied[],
  signal: AbortSignal,
): Promise<readonly RunningRecord[]> {
  const forks: RunningRecord[] = []
  let waiting = copies
  const work = async (): Promise<void> => {
    for (let [next] = waiting; next !== undefined; [next] = waiting) {
      waiting = waiting.slice(1)
      try {
        forks.push(await begin(context, next, signal))
      } catch (error) {
        waiting = []
        throw error
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: width }, work))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return forks
}
