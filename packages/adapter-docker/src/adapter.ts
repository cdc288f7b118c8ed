import { createExpiryTimers } from '@caisson/adapter-kit'
import {
  type AdapterHealth,
  type CallOptions,
  isSandboxError,
  matchesLabels,
  type Sandbox,
  type SandboxAdapter,
  type SandboxId,
} from '@caisson/core'
import { assertEngineHolds } from './assert-engine.ts'
import { checkSpec } from './check-spec.ts'
import type { Context } from './context.ts'
import { trustAuthority } from '@caisson/daemon-client'
import { createContainer } from './create-container.ts'
import { expire, tellExpiry } from './expiry.ts'
import { findWay, type Way } from './find-way.ts'
import { createGateways, type GatewaysOptions } from './gateways.ts'
import { findContainers, findLiving, type Found, infoOf, isLiving } from './find-container.ts'
import { openEgressSecrets } from './egress-secrets.ts'
import { endSandbox } from './end-sandbox.ts'
import { removeContainer } from './remove-container.ts'
import { createSandbox } from './sandbox.ts'
import { sweep } from './sweep.ts'
import { manageVolumes } from './volumes/manage-volumes.ts'

export function createAdapter(context: Context, ways: GatewaysOptions): SandboxAdapter {
  const { engine, capabilities } = context
  const timers = createExpiryTimers()
  const gateways = createGateways(ways)

  const destroy = async (id: SandboxId, options?: CallOptions): Promise<'destroyed' | 'absent'> => {
    gateways.close(id)
    const found = await findContainers(context, id, options)
    const outcomes = await Promise.all(found.map(async (one) => await endSandbox(context, one, options)))
    return outcomes.includes('destroyed') ? 'destroyed' : 'absent'
  }

  const open = async (found: Found, options?: CallOptions, fresh = false): Promise<Sandbox> => {
    const { id } = found.record
    const way = await findWay(context, found.containerId, options)
    const watch = ({ expiresAtMs }: Found): void =>
      timers.watch(id, expiresAtMs - Date.now(), async () => await expire(context, id))
    try {
      if (fresh) await tellAuthority(context, found, way, options)
      await gateways.open(context, found, way, options)
    } catch (error) {
      way.close()
      throw error
    }
    watch(found)
    return createSandbox({
      context,
      found,
      way,
      destroy: async (call) => await destroy(id, call),
      onExtended: watch,
    })
  }

  return {
    specificationVersion: 'caisson-adapter-v1',
    name: engine.adapter,
    capabilities,
    create: async (spec, options) => {
      const found = await createContainer(context, checkSpec(engine.adapter, spec, capabilities), options)
      try {
        // Its life is counted from now on, and not from when the engine began to make it.
        const [sandbox] = await Promise.all([open(found, options, true), tellExpiry(context, found, options)])
        return sandbox
      } catch (error) {
        await removeContainer(engine, found.containerId).catch(() => undefined)
        throw error
      }
    },
    connect: async (id, options) => await open(await findLiving(context, id, options), options),
    list: async function* (query, options) {
      for (const found of await findContainers(context, undefined, options)) {
        if (isLiving(found) && matchesLabels(found.record.labels, query?.labels ?? {}))
          yield infoOf(engine.adapter, found)
      }
    },
    destroy,
    probe: async (options) => await probe(context, options),
    sweep: async (options) => await sweep(context, options),
    volumes: manageVolumes(context),
    [Symbol.asyncDispose]: async () => {
      timers.close()
      gateways.closeAll()
      engine.close()
      await Promise.resolve()
    },
  }
}

/** Has the programs of a new sandbox trust whoever answers for the hosts into whose requests headers are put. */
async function tellAuthority(context: Context, { record }: Found, { dial }: Way, options?: CallOptions): Promise<void> {
  const secrets = openEgressSecrets(context, record)
  if (secrets === undefined) return
  const { accessToken } = record
  await trustAuthority(context.engine.adapter, { dial, accessToken }, secrets.authority.certificate, options)
}

async function probe(context: Context, options?: CallOptions): Promise<AdapterHealth> {
  const { engine } = context
  const startedAtMs = performance.now()
  const seen = (): Pick<AdapterHealth, 'checkedAtMs' | 'latencyMs'> => ({
    checkedAtMs: Date.now(),
    latencyMs: performance.now() - startedAtMs,
  })
  try {
    await engine.call('engine', options, async () => await engine.docker.ping())
    assertEngineHolds(context, await engine.facts())
    return { status: 'healthy', ...seen() }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const remedy = isSandboxError(error) ? error.remedy : undefined
    return { status: 'unavailable', reason, ...(remedy === undefined ? {} : { remedy }), ...seen() }
  }
}
