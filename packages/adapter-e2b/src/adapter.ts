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
  type SandboxInfo,
} from '@caisson/core'
import { sandboxIdSchema } from '@caisson/core'
import { checkSpec } from './check-spec.ts'
import type { Machine } from './cloud.ts'
import type { Context } from './context.ts'
import { createMachine } from './create-machine.ts'
import { createLink } from './link.ts'
import { namespaceQuery, toInfo } from './metadata.ts'
import { createSandbox } from './sandbox.ts'

/** E2B ends a sandbox at its time; what is still there so long after it was forgotten. */
const forgottenMs = 60_000

export function createAdapter(context: Context): SandboxAdapter {
  const { cloud, name, namespace, capabilities } = context

  const destroy = async (id: SandboxId, options?: CallOptions): Promise<'destroyed' | 'absent'> => {
    const isThere = await cloud.call('sandbox', options, async (signal) => await cloud.Machine.kill(id, { signal }))
    return isThere ? 'destroyed' : 'absent'
  }

  const open = (id: SandboxId, made?: Machine): Sandbox => {
    const link = createLink(context, id, made)
    return createSandbox(context, link, async (options) => {
      const outcome = await destroy(id, options)
      link.close(new SandboxError('sandbox-not-found', name, `sandbox ${id} was destroyed`))
      return outcome
    })
  }

  async function* list(labels: Labels, options?: CallOptions): AsyncGenerator<SandboxInfo> {
    const pages = cloud.list(namespaceQuery(namespace, labels))
    while (pages.hasNext) {
      const page = await cloud.call('account', options, async (signal) => await pages.nextItems({ signal }))
      for (const found of page) {
        const info = toInfo(name, namespace, found)
        if (info !== undefined && matchesLabels(info.labels, labels)) yield info
      }
    }
  }

  return {
    specificationVersion: 'caisson-adapter-v1',
    name,
    capabilities,
    create: async (spec, options) => {
      const made = await createMachine(context, checkSpec(name, spec, capabilities), options)
      return open(sandboxIdSchema.parse(made.sandboxId), made)
    },
    connect: async (id, options) => {
      const found = await cloud.call('sandbox', options, async (signal) => await cloud.Machine.getInfo(id, { signal }))
      if (toInfo(name, namespace, found) === undefined)
        throw new SandboxError('sandbox-not-found', name, `sandbox ${id} is not of this namespace`)
      return open(id)
    },
    list: (query, options) => list(query?.labels ?? {}, options),
    destroy,
    probe: async (options) => await probe(context, options),
    sweep: async (options) => {
      let removed = 0
      for await (const { id, state, expiresAtMs } of list({}, options)) {
        const isForgotten = state === 'running' && expiresAtMs < Date.now() - forgottenMs
        if (isForgotten && (await destroy(id, options)) === 'destroyed') removed += 1
      }
      return { removed }
    },
    [Symbol.asyncDispose]: async () => await Promise.resolve(),
  }
}

async function probe({ cloud, namespace }: Context, options?: CallOptions): Promise<AdapterHealth> {
  const startedAtMs = performance.now()
  const seen = (): Pick<AdapterHealth, 'checkedAtMs' | 'latencyMs'> => ({
    checkedAtMs: Date.now(),
    latencyMs: performance.now() - startedAtMs,
  })
  try {
    await cloud.call(
      'account',
      options,
      async (signal) => await cloud.list(namespaceQuery(namespace)).nextItems({ signal }),
    )
    return { status: 'healthy', ...seen() }
  } catch (error) {
    if (!isSandboxError(error)) throw error
    const status = error.code === 'rate-limited' ? 'degraded' : 'unavailable'
    return { status, reason: error.message, ...(error.remedy === undefined ? {} : { remedy: error.remedy }), ...seen() }
  }
}
