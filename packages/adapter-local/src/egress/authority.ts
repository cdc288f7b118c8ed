import { type Authority, createAuthority } from '@caisson/adapter-kit'
import { egressHeadersOf, type EgressPolicy, SandboxError } from '@caisson/core'
import { trustAuthority } from '@caisson/daemon-client'
import { dialDaemon } from '../dial-daemon.ts'
import type { Context } from '../launch/context.ts'
import type { LivingRecord, RunningRecord } from '../record/record.ts'
import { isFrozen } from '../cgroup/freeze.ts'
import { isRunning } from '../find-running.ts'
import { groupOf } from '../launch/group-of.ts'
import { adapterNames } from '../tier.ts'

/** A new authority for a sandbox, if its policy puts headers into anything. */
export async function authorityFor(egress: EgressPolicy): Promise<{ readonly authority?: Authority }> {
  return egressHeadersOf(egress).length === 0 ? {} : { authority: await createAuthority() }
}

/** Has the programs of a sandbox trust its authority, if it has one. */
export async function tellAuthority({ tier }: Context, record: RunningRecord, signal?: AbortSignal): Promise<void> {
  const { authority, accessToken } = record
  if (authority === undefined) return
  const connection = { dial: dialDaemon(record), accessToken }
  await trustAuthority(adapterNames[tier], connection, authority.certificate, { signal })
}

/** The record with another policy, and with an authority that its programs know if the policy needs one. */
export async function withEgress(context: Context, record: LivingRecord, egress: EgressPolicy): Promise<LivingRecord> {
  if (record.authority !== undefined || egressHeadersOf(egress).length === 0) return { ...record, egress }
  const group = groupOf(context, record)
  const stands = group !== undefined && (await isFrozen(group)) === true
  if (!isRunning(record) || stands) {
    throw new SandboxError('conflict', adapterNames[context.tier], 'a paused sandbox cannot be told whom to trust', {
      field: 'egress.headers',
      remedy: 'let it go on first',
    })
  }
  const changed = { ...record, egress, ...(await authorityFor(egress)) }
  await tellAuthority(context, changed)
  return changed
}
