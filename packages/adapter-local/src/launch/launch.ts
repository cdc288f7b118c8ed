import { identify } from '@caisson/adapter-kit'
import { freshId, type ResolvedSandboxSpec, SandboxError } from '@caisson/core'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { adapterName } from '../adapter-name.ts'
import { authorityFor } from '../egress/authority.ts'
import { limitGroup } from '../cgroup/group.ts'
import { groupLimits } from '../gvisor/limits.ts'
import { findGofer } from '../gvisor/runsc.ts'
import { uptimeMs } from '../machine/boot.ts'
import { resourcesOf } from '../oci/config.ts'
import type { RunningRecord, StartedRecord } from '../record/record.ts'
import { writeRecord } from '../record/store.ts'
import { claimVolumes } from '../volumes/claim-volumes.ts'
import type { Context } from './context.ts'
import { daemonConfiguration } from './daemon-configuration.ts'
import { sendVolumes } from './launcher.ts'
import { place } from './place.ts'
import type { Prepared } from './prepare.ts'

export interface Launched {
  readonly record: RunningRecord
  /** Resolves when the tables of its user namespace are limited. No code may run before. */
  readonly limited: Promise<unknown>
}

/**
 * The quick half of a creation: what the caller asked for goes onto prepared ground, and the runtime starts the daemon in it. Resolves when
 * the container runs; the daemon needs a moment more. When it throws, the caller ends the sandbox.
 */
export async function launch(context: Context, prepared: Prepared, spec: ResolvedSandboxSpec): Promise<Launched> {
  const { directory, launcher, ground } = prepared
  const resources = resourcesOf(spec)
  const createdAtMs = Date.now()
  const record: StartedRecord = {
    ...prepared.record,
    state: 'starting',
    template: ground.template.name,
    templateEnv: ground.template.env,
    command: [...ground.template.command],
    user: ground.template.user.name,
    privileges: ground.template.privileges,
    resources,
    labels: spec.labels,
    egress: spec.egress,
    ...(await authorityFor(spec.egress)),
    volumes: spec.volumes.map(({ name, path, readOnly }) => ({ name, path, readOnly })),
    onExpiry: spec.onExpiry,
    ttlMs: spec.ttlMs,
    createdAtMs,
    expiresAtMs: createdAtMs + spec.ttlMs,
    expiresAtUptimeMs: uptimeMs() + spec.ttlMs,
    accessToken: freshId() + freshId(),
  }
  const images = await claimVolumes(context, spec, () => writeRecord(context.store, record))
  const config = context.configure(spec, place(context.machine, prepared, spec))
  writeFileSync(join(directory, 'config.json'), JSON.stringify(config), { mode: 0o600 })
  const limits = context.tier === 'gvisor' ? groupLimits(resources) : resources
  if (prepared.group !== undefined) limitGroup(prepared.group, limits)
  sendVolumes(launcher, images, record.volumes)
  const configuration = daemonConfiguration(spec, ground.template, record.accessToken)
  // gVisor holds no memory of code to a limit.
  const guard = context.tier === 'gvisor' ? { memoryLimitBytes: resources.memoryBytes } : {}
  launcher.begin(JSON.stringify({ ...configuration, ...guard }))
  const init = identify(Number(await launcher.next('started')))
  if (init === undefined) throw endedAtOnce()
  if (context.tier === 'gvisor') {
    return {
      record: { ...record, state: 'running', init, gofer: await findGofer(directory) },
      limited: Promise.resolve(),
    }
  }
  return { record: { ...record, state: 'running', init }, limited: launcher.next('limited') }
}

function endedAtOnce(): SandboxError {
  return new SandboxError('provider', adapterName, 'the sandbox ended while it started')
}
