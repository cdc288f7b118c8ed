import {
  isSandboxError,
  type OrganizationId,
  type SandboxAdapter,
  SandboxError,
  type SandboxId,
  type SandboxInfo,
  toErrorData,
} from '@caisson/core'
import type { EngineSandboxes } from './engine.ts'
import type { Services } from './services.ts'
import { parseOrganization } from './submit.ts'

/** What an organization may see and end: the sandboxes that carry its label, and those of the warm pool that it has leased. */
export function createEngineSandboxes({ adapters, stores, logger }: Services): EngineSandboxes {
  const infoOf = async (adapter: SandboxAdapter, id: SandboxId): Promise<SandboxInfo | undefined> => {
    try {
      const sandbox = await adapter.connect(id)
      const info = await sandbox.info()
      await sandbox.detach()
      return info
    } catch (error) {
      if (isSandboxError(error) && error.code === 'sandbox-not-found') return undefined
      throw error
    }
  }
  const ofAdapter = async function* (adapter: SandboxAdapter, organization: OrganizationId) {
    yield* adapter.list({ labels: { state: stores.id, organization } })
    for (const lease of await stores.leases.listOpen(organization)) {
      if (lease.adapter !== adapter.name || lease.sandbox === undefined) continue
      const info = await infoOf(adapter, lease.sandbox)
      if (info?.labels['pool'] !== undefined) yield info
    }
  }

  return {
    list: async function* list(context) {
      const organization = parseOrganization(context)
      for (const { adapter } of adapters.values()) {
        try {
          yield* ofAdapter(adapter, organization)
        } catch (error) {
          logger.warn({ adapter: adapter.name, error: toErrorData(error) }, 'an adapter cannot list its sandboxes')
        }
      }
    },
    destroy: async ({ adapter: name, id }, context) => {
      const organization = parseOrganization(context)
      const adapter = adapters.get(name)?.adapter
      if (adapter === undefined) {
        throw new SandboxError('invalid-argument', name, `there is no adapter ${name}`, { field: 'adapter' })
      }
      for await (const info of ofAdapter(adapter, organization)) {
        if (info.id === id) return await adapter.destroy(info.id)
      }
      return 'absent'
    },
  }
}
