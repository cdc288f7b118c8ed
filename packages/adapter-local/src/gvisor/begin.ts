import { freshId, sandboxIdSchema } from '@caisson/core'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { reserveDisk } from '../disk/room.ts'
import { tellAuthority } from '../egress/authority.ts'
import type { Context } from '../launch/context.ts'
import { endSandbox } from '../launch/end-sandbox.ts'
import { claimGroup } from '../launch/prepare.ts'
import { uptimeMs } from '../machine/boot.ts'
import type { RunningRecord, StartedRecord } from '../record/record.ts'
import { writeRecord } from '../record/store.ts'
import { withEnd } from '../set-end.ts'
import { claimVolumes } from '../volumes/claim-volumes.ts'
import { copyWrittenDown } from './copy.ts'
import { restore } from './restore.ts'
import { wakeOf, type Wake } from './wake.ts'

/** What a new sandbox that goes on from an old one's memory has of its own, and what it inherits. */
export type Beginning = Pick<
  StartedRecord,
  | 'template'
  | 'templateEnv'
  | 'command'
  | 'user'
  | 'resources'
  | 'labels'
  | 'egress'
  | 'authority'
  | 'volumes'
  | 'onExpiry'
  | 'ttlMs'
  | 'layer'
> & { readonly env?: Wake['env'] }

/** A new sandbox whose memory and disk are written down in its folder, and which nobody has begun. */
export interface Copied {
  readonly record: StartedRecord
  readonly env: Wake['env']
}

/** Copies what is written down in the folder `source` into a new sandbox's own. Leaves nothing when it throws. */
export async function copyTo(context: Context, source: string, { env, ...beginning }: Beginning): Promise<Copied> {
  const { store } = context
  const id = sandboxIdSchema.parse(freshId('sb'))
  try {
    const claim = await claimGroup(context, id, beginning.layer)
    await reserveDisk(store, id, beginning.resources.diskBytes)
    await symlink(join(store.root, 'layers', beginning.layer), join(claim.directory, 'layer'))
    await copyWrittenDown(source, claim.directory)
    const createdAtMs = Date.now()
    const record: StartedRecord = {
      ...claim.record,
      ...beginning,
      state: 'starting',
      // This tier grants no others.
      privileges: 'none',
      createdAtMs,
      expiresAtMs: createdAtMs + beginning.ttlMs,
      expiresAtUptimeMs: uptimeMs() + beginning.ttlMs,
      accessToken: freshId() + freshId(),
    }
    await claimVolumes(context, beginning, () => writeRecord(store, record))
    return { record, env }
  } catch (error) {
    await endSandbox(context, id)
    throw error
  }
}

/** Lets a copy begin its own life. Nothing of it is left when it throws. */
export async function begin(context: Context, { record, env }: Copied, signal: AbortSignal): Promise<RunningRecord> {
  try {
    const running = await restore(context, record, { ...wakeOf(record), env }, signal)
    await tellAuthority(context, running, signal)
    const living = withEnd(running, running.ttlMs)
    writeRecord(context.store, living)
    return living
  } catch (error) {
    await endSandbox(context, record.id)
    throw error
  }
}
