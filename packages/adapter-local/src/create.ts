import type { ResolvedSandboxSpec } from '@caisson/core'
import { statSync } from 'node:fs'
import type { Context } from './launch/context.ts'
import { endSandbox } from './launch/end-sandbox.ts'
import { launch } from './launch/launch.ts'
import type { Ground, Prepared } from './launch/prepare.ts'
import { mapError } from './map-error.ts'
import { resourcesOf } from './oci/config.ts'
import { tellAuthority } from './egress/authority.ts'
import type { RunningRecord } from './record/record.ts'
import { writeRecord } from './record/store.ts'
import { daemonReady } from './daemon-ready.ts'
import { withEnd } from './set-end.ts'
import { ensureLayer } from './template/layer.ts'
import type { Template } from './template/template.ts'

export async function groundOf(context: Context, template: Template, spec: ResolvedSandboxSpec): Promise<Ground> {
  const { machine, store } = context
  return {
    template,
    layer: await ensureLayer(store, template),
    diskBytes: resourcesOf(spec).diskBytes,
    daemonBuild: statSync(machine.daemonDirectory).ino,
  }
}

/** Starts a sandbox on prepared ground; resolves when its first process can start. When it rejects or is given up, nothing is left. */
export async function startSandbox(
  context: Context,
  prepared: Prepared,
  spec: ResolvedSandboxSpec,
  signal: AbortSignal,
): Promise<RunningRecord> {
  const giveUp = () => prepared.launcher.kill()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    signal.throwIfAborted()
    const { record, limited } = await launch(context, prepared, spec)
    await Promise.all([limited, daemonReady(record, signal)])
    await tellAuthority(context, record, signal)
    signal.throwIfAborted()
    // Its life is counted from now on, and not from when a busy machine began to make it.
    const living = withEnd(record, record.ttlMs)
    writeRecord(context.store, living)
    return living
  } catch (error) {
    prepared.launcher.kill()
    await endSandbox(context, prepared.record.id)
    throw signal.aborted ? signal.reason : mapError(error, 'creating a sandbox')
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}
