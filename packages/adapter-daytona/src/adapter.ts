import {
  type AdapterHealth,
  type CallOptions,
  isSandboxError,
  type Labels,
  matchesLabels,
  type Sandbox,
  type SandboxAdapter,
  SandboxError,
  type SandboxId,
  sandboxIdSchema,
  type SandboxInfo,
} from '@caisson/core'
import type { Machine } from './cloud.ts'
import type { Context } from './context.ts'
import { createMachine } from './create-machine.ts'
import { keys, toInfo } from './labels.ts'
import { createLink } from './link.ts'
import { createSandbox } from './sandbox.ts'
import { createVolumes } from './volumes.ts'

export function createAdapter(context: Context): SandboxAdapter {
  const { cloud, name, namespace, capabilities, timers } = context

  const destroy = async (id: SandboxId, options?: CallOptions): Promise<'destroyed' | 'absent'> => {
    if (!sandboxIdSchema.safeParse(id).success) return 'absent'
    try {
      return await cloud.call('sandbox', options, async () => {
        const machine = await cloud.sdk.get(id)
        if (machine.labels[keys.namespace] !== namespace || machine.state === 'destroyed') return 'absent'
        await machine.delete(60, true)
        return 'destroyed'
      })
    } catch (error) {
      if (isSandboxError(error) && error.code === 'sandbox-not-found') return 'absent'
      throw error
    }
  }

  /** Daytona ends a sandbox to the minute; while somebody looks after it, it ends at its time. */
  const watchExpiry = (id: SandboxId, expiresAtMs: number): void => {
    timers.watch(id, expiresAtMs - Date.now(), async () => {
      const labels = await cloud
        .call('sandbox', undefined, async () => (await cloud.sdk.get(id)).labels)
        .catch((error: unknown) => {
          if (isSandboxError(error) && error.code === 'sandbox-not-found') return undefined
          throw error
        })
      if (labels === undefined) return undefined
      const leftMs = Number(labels[keys.expiresAtMs]) - Date.now()
      if (leftMs > 0) return leftMs
      await destroy(id)
      return undefined
    })
  }

  const open = (machine: Machine): Sandbox => {
    const id = sandboxIdSchema.parse(machine.id)
    const info = toInfo(name, namespace, machine)
    if (info === undefined)
      throw new SandboxError('sandbox-not-found', name, `sandbox ${id} is over, or not of this namespace`)
    watchExpiry(id, info.expiresAtMs)
    const link = createLink(context, id, machine)
    return createSandbox(context, link, {
      watchExpiry,
      destroy: async (options) => {
        const outcome = await destroy(id, options)
        link.close(new SandboxError('sandbox-not-found', name, `sandbox ${id} was destroyed`))
        return outcome
      },
    })
  }

  const machines = async (options: CallOptions | undefined): Promise<readonly Machine[]> =>
    await cloud.call('account', options, async () => {
      return await Array.fromAsync(cloud.sdk.list({ labels: { [keys.namespace]: namespace } }))
    })

  async function* list(labels: Labels, options?: CallOptions): AsyncGenerator<SandboxInfo> {
    for (const machine of await machines(options)) {
      const info = toInfo(name, namespace, machine)
      if (info !== undefined && matchesLabels(info.labels, labels)) yield info
    }
  }

  return {
    specificationVersion: 'caisson-adapter-v1',
    name,
    capabilities,
    volumes: createVolumes(context),
    create: async (spec, options) => open(await createMachine(context, spec, options)),
    connect: async (id, options) => open(await cloud.call('sandbox', options, async () => await cloud.sdk.get(id))),
    list: (query, options) => list(query?.labels ?? {}, options),
    destroy,
    probe: async (options) => await probe(context, options),
    sweep: async (options) => {
      let removed = 0
      for (const machine of await machines(options)) {
        if (toInfo(name, namespace, machine) !== undefined) continue
        if ((await destroy(sandboxIdSchema.parse(machine.id), options)) === 'destroyed') removed += 1
      }
      return { removed }
    },
    [Symbol.asyncDispose]: async () => {
      timers.close()
      await cloud.close()
    },
  }
}

async function probe({ cloud }: Context, options?: CallOptions): Promise<AdapterHealth> {
  const startedAtMs = performance.now()
  const seen = (): Pick<AdapterHealth, 'checkedAtMs' | 'latencyMs'> => ({
    checkedAtMs: Date.now(),
    latencyMs: performance.now() - startedAtMs,
  })
  try {
    await cloud.call('account', options, async () => await cloud.sdk.list({ limit: 1 }).next())
    return { status: 'healthy', ...seen() }
  } catch (error) {
    if (!isSandboxError(error)) throw error
    const status = error.code === 'rate-limited' ? 'degraded' : 'unavailable'
    return { status, reason: error.message, ...(error.remedy === undefined ? {} : { remedy: error.remedy }), ...seen() }
  }
}
