import { type GatewayCaller, unpackFiles } from '@caisson/compat-kit'
import { type CallOptions, gib, type LimitKind, type Sandbox, type SandboxSpec } from '@caisson/core'
import type { Services } from '../gateway-options.ts'
import { readEnv } from '../sandboxes/env.ts'
import { startEntrypoint } from '../sandboxes/entrypoint.ts'
import type { SandboxRecord } from '../sandboxes/record.ts'
import { egressOf } from './egress.ts'
import { prepared } from './source.ts'
import { volumesOf } from './volumes-of.ts'

/** What a record says of the sandbox that is to be made for it. */
export type Plan = Omit<SandboxRecord, 'place'>

/**
 * Makes the sandbox of a record: the first time, and again when it comes back from its archive. `prepare` fills it. Its own time is the longest that
 * adapters allow, and is prolonged while the gateway lives: stopping and deleting follow Daytona's own rules.
 */
export async function makeSandbox(
  services: Services,
  plan: Plan,
  more: {
    readonly caller: GatewayCaller
    readonly prepare?: ((sandbox: Sandbox) => Promise<void>) | undefined
    readonly options?: CallOptions | undefined
  },
): Promise<Sandbox> {
  const { host, tokens } = services
  const env = readEnv(plan.env, tokens)
  const mounts = await volumesOf(services, plan.volumes, more.caller)
  const only = plan.only ?? mounts.only
  const spec: SandboxSpec = {
    ...(plan.template === undefined ? {} : { template: plan.template }),
    ttlMs: lifetimeMs(services, only),
    egress: egressOf(plan.network),
    env: { ...env.created, DAYTONA_SANDBOX_ID: plan.id },
    volumes: [...mounts.volumes],
    ...sizeOf(services, plan),
  }
  const sandbox = await host.open(spec, more.caller, { ...more.options, only })
  await prepared(sandbox, async (made) => {
    await more.prepare?.(made)
    await startEntrypoint(made, { entrypoint: plan.entrypoint, env })
  })
  await mounts.settle(sandbox.adapter)
  return sandbox
}

/** Fills a sandbox with the files that were kept when it was archived. */
export function fromArchive({ host }: Services, record: SandboxRecord): (sandbox: Sandbox) => Promise<void> {
  return async (sandbox) => {
    const archive = await host.blobs.get(record.organization, record.id)
    if (archive !== undefined) await unpackFiles(sandbox, archive)
  }
}

const longestMs = 24 * 60 * 60 * 1000

/** How long a sandbox lives at its adapter unless prolonged. */
export function lifetimeMs({ host }: Services, only: string | undefined): number {
  const possible = host.adapters.filter(({ name }) => only === undefined || name === only)
  return Math.min(longestMs, ...possible.map(({ maxTtlMs }) => maxTtlMs))
}

/** A size that was asked for has to be held; that of everybody is given where it can be held. */
function sizeOf({ host }: Services, { sized, cpu, memoryGib, diskGib, only }: Plan): Pick<SandboxSpec, 'resources'> {
  const possible = host.adapters.filter(({ name }) => only === undefined || name === only)
  const isHeld = (kind: LimitKind): boolean => sized || possible.every(({ limits }) => limits.includes(kind))
  return {
    resources: {
      ...(isHeld('cpus') ? { cpus: cpu } : {}),
      ...(isHeld('memory') ? { memoryBytes: Math.round(memoryGib * gib) } : {}),
      ...(sized ? { diskBytes: Math.round(diskGib * gib) } : {}),
    },
  }
}
