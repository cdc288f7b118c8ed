import type { Sandbox } from '@caisson/core'
import type { Services } from '../gateway-options.ts'
import type { SandboxRecord } from '../sandboxes/record.ts'
import { whereaboutsOf } from '../sandboxes/registry.ts'
import type { Plan } from './make-sandbox.ts'

/** Writes down where a sandbox is. When that fails, the sandbox goes: nobody would find it. */
export async function keepMade({ host, registry }: Services, plan: Plan, sandbox: Sandbox): Promise<SandboxRecord> {
  const record: SandboxRecord = { ...plan, place: { adapter: sandbox.adapter, sandbox: sandbox.id } }
  try {
    const saved = await registry.save(record)
    registry.keep(saved, sandbox)
    return saved
  } catch (error) {
    const whereabouts = whereaboutsOf(record)
    if (whereabouts !== undefined) await host.close(whereabouts)
    throw error
  }
}
