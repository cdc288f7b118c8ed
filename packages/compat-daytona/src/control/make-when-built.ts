import type { GatewayCaller } from '@caisson/compat-kit'
import type { Sandbox } from '@caisson/core'
import { whenBuilt } from '../builds/run-build.ts'
import { DaytonaError, toDaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { isBuilding, type SandboxRecord } from '../sandboxes/record.ts'
import { keepMade } from './keep-made.ts'
import { makeSandbox, type Plan } from './make-sandbox.ts'

/** Makes the sandbox of a record once its image is there. The record tells how that goes. Never rejects. */
export async function makeWhenBuilt(
  services: Services,
  record: SandboxRecord & { readonly build: string },
  more: {
    readonly caller: GatewayCaller
    readonly prepare?: ((sandbox: Sandbox) => Promise<void>) | undefined
  },
): Promise<void> {
  const { registry, host } = services
  /** Does it with the record as it is then, unless the sandbox was deleted meanwhile. */
  const step = async (work: (fresh: SandboxRecord) => Promise<unknown>): Promise<void> =>
    await registry.alone(record.id, async () => {
      const fresh = await registry.findAny(record.id)
      if (fresh !== undefined && isBuilding(fresh)) await work(fresh)
    })
  try {
    await step(async (fresh) => await registry.save(fresh, { state: 'building_snapshot' }))
    const template = await whenBuilt(services, record.build)
    await step(async (fresh) => {
      const plan: Plan = { ...fresh, template, state: 'started', stateAtMs: Date.now() }
      await keepMade(services, plan, await makeSandbox(services, plan, more))
    })
  } catch (error) {
    const known = toDaytonaError(error)
    if (known.status === 500) host.onError(error, `making sandbox ${record.id}`)
    const state = error instanceof DaytonaError ? 'build_failed' : 'error'
    await step(
      async (fresh) =>
        await registry.save(fresh, { state, stateAtMs: Date.now(), errorReason: known.message.slice(0, 8192) }),
    ).catch((left: unknown) => host.onError(left, `telling why sandbox ${record.id} was not made`))
  }
}
