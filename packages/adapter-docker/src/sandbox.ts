import { checkTtl, onlyUser } from '@caisson/adapter-kit'
import type { CallOptions, Sandbox } from '@caisson/core'
import { createDaemonSandbox, type Lifecycle } from '@caisson/daemon-client'
import type { Context } from './context.ts'
import { findLiving, type Found, infoOf } from './find-container.ts'
import { confirm } from './confirm.ts'
import { tellExpiry } from './expiry.ts'
import { readMetrics } from './metrics.ts'
import type { Way } from './find-way.ts'
import { setLifetime } from './set-lifetime.ts'
import { takeSnapshot } from './snapshot.ts'

export interface SandboxOptions {
  readonly context: Context
  readonly found: Found
  readonly way: Way
  readonly destroy: Sandbox['destroy']
  /** Told of every new end of life. */
  readonly onExtended: (found: Found) => void
}

/** A handle for a sandbox whose daemon answers. */
export function createSandbox(options: SandboxOptions): Sandbox {
  const { context, found, way } = options
  const { dial } = way
  const { id, accessToken, user } = found.record
  const sandbox = createDaemonSandbox({
    id,
    adapter: context.engine.adapter,
    dial,
    accessToken,
    onlyUser: user.name,
    lifecycle: lifecycle(options),
    confirm: async (call) => await confirm(context, id, { dial, accessToken }, call),
  })
  const detach = async (): Promise<void> => {
    await sandbox.detach()
    way.close()
  }
  const destroy: Sandbox['destroy'] = async (call) => {
    const outcome = await sandbox.destroy(call)
    way.close()
    return outcome
  }
  return { ...onlyUser(sandbox, user.name), detach, destroy, [Symbol.asyncDispose]: async () => void (await destroy()) }
}

function lifecycle(options: SandboxOptions): Lifecycle {
  const { context, found, destroy } = options
  const { engine } = context
  const { id } = found.record
  const container = engine.docker.getContainer(found.containerId)
  const current = async (call?: CallOptions): Promise<Found> => await findLiving(context, id, call)
  /** Brings the sandbox into a state, unless somebody else already has. */
  const change = async (
    wanted: 'running' | 'paused',
    request: () => Promise<unknown>,
    call?: CallOptions,
  ): Promise<void> => {
    try {
      await engine.call('container', call, request)
    } catch (error) {
      if ((await current(call)).state !== wanted) throw error
    }
  }
  const { features } = context.capabilities
  const controlled: Pick<Lifecycle, 'pause' | 'resume'> = {
    pause: async (call) => {
      if ((await current(call)).state !== 'paused') await change('paused', async () => await container.pause(), call)
    },
    resume: async (call) => {
      const paused = await current(call)
      if (paused.state !== 'paused') return
      await change('running', async () => await container.unpause(), call)
      const leftMs = paused.expiresAtMs - Date.now()
      // One whose time ran out begins a new one; it would end or be paused again at once otherwise.
      await setEnd(options, { ...paused, state: 'running' }, leftMs > 0 ? leftMs : paused.record.ttlMs, call)
    },
  }
  return {
    info: async (call) => infoOf(engine.adapter, await current(call)),
    extend: async (ttlMs, call) => {
      checkTtl(engine.adapter, ttlMs, context.capabilities)
      return infoOf(engine.adapter, await setEnd(options, await current(call), ttlMs, call))
    },
    destroy,
    ...(features.includes('pause') ? controlled : {}),
    ...(features.includes('snapshot')
      ? { snapshot: async (name, call) => await takeSnapshot(context, await current(call), name, call) }
      : {}),
    ...(features.includes('metrics')
      ? {
          metrics: async (call) =>
            await readMetrics(engine, found.containerId, (await current(call)).record.diskBytes, call),
        }
      : {}),
  }
}

/** Inside, the daemon holds the end of life; outside, the container's name tells it. */
async function setEnd(
  { context, way, onExtended }: SandboxOptions,
  found: Found,
  ttlMs: number,
  call?: CallOptions,
): Promise<Found> {
  const { engine } = context
  const { record } = found
  const extended = { ...found, expiresAtMs: Date.now() + ttlMs }
  // A paused one is told when it goes on.
  if (record.onExpiry === 'destroy' && found.state === 'running') {
    await setLifetime(engine.adapter, { dial: way.dial, accessToken: record.accessToken }, ttlMs, call)
  }
  if (extended.expiresAtMs !== found.expiresAtMs) await tellExpiry(context, extended, call)
  onExtended(extended)
  return extended
}
