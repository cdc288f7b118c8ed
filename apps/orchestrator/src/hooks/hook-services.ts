import type { ApiServices } from '@caisson/api'
import type { AuditStore } from '@caisson/engine'
import type { HookStore } from './hook-store.ts'

/** What the procedures on hooks do, and what the audit log hears of it. */
export function createHookServices(hooks: HookStore, audit: Pick<AuditStore, 'append'>): Pick<ApiServices, 'hooks'> {
  return {
    hooks: {
      create: async (hook, { organization, agent }) => {
        const created = await hooks.create(hook, organization)
        const details = { hook: created.id, host: new URL(created.url).host }
        await audit.append({ organization, atMs: Date.now(), action: 'hook.created', actor: agent, details })
        return created
      },
      list: async ({ organization }) => await hooks.list(organization),
      remove: async (id, { organization, agent }) => {
        const outcome = await hooks.remove(organization, id)
        if (outcome === 'removed') {
          const details = { hook: id }
          await audit.append({ organization, atMs: Date.now(), action: 'hook.removed', actor: agent, details })
        }
        return outcome
      },
    },
  }
}
