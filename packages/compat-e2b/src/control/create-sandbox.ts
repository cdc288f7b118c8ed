import { defaultResources, environmentSchema, freshId, mib, type Sandbox, type SandboxSpec } from '@caisson/core'
import { z } from 'zod'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import { parse } from '../http/read-json.ts'
import type { Handle } from '../http/route.ts'
import { sealRules } from '../sandboxes/header-rules.ts'
import { networkSchema, type SandboxRecord } from '../sandboxes/record.ts'
import { seal } from '@caisson/compat-kit'
import { sandboxView } from '../sandboxes/view.ts'
import { domainFor } from './domain.ts'
import { egressOf } from './egress.ts'
import { egressHeadersFor } from './egress-headers.ts'
import { prepared, resolveSource, type Source } from './source.ts'
import { volumesOf } from './volumes-of.ts'

export const timeoutSchema = z
  .number()
  .min(0)
  .max(24 * 3600, 'timeout: at most 24 hours')
const defaultTimeoutS = 300
const shortestMs = 1000

const metadataSchema = z.record(z.string().max(1024), z.string().max(16_384))

const createSchema = z.object({
  templateID: z.string().min(1).max(512),
  timeout: timeoutSchema.default(defaultTimeoutS),
  metadata: metadataSchema.default({}),
  envVars: z.record(z.string(), z.string()).default({}),
  allow_internet_access: z.boolean().nullish(),
  autoPause: z.boolean().nullish(),
  autoPauseMemory: z.boolean().nullish(),
  autoResume: z.object({ enabled: z.boolean() }).nullish(),
  network: networkSchema.nullish(),
  volumeMounts: z
    .array(z.object({ name: z.string(), path: z.string() }))
    .max(16)
    .nullish(),
  // Clients start the gateway themselves, with a program of the template. Without it they say so, and end the sandbox.
  mcp: z.unknown().optional(),
  iam: z.object({ tokens: z.record(z.string(), z.unknown()).optional() }).nullish(),
})

/** The way out may be a proxy; what listens in the sandbox itself is not reached through it. */
const ownAddresses = { NO_PROXY: 'localhost,127.0.0.1,0.0.0.0,::1', no_proxy: 'localhost,127.0.0.1,0.0.0.0,::1' }

export function toTtlMs(timeoutS: number): number {
  return Math.max(shortestMs, Math.round(timeoutS * 1000))
}

/** `POST /sandboxes`, and `/v2/sandboxes`, which differ in nothing that matters here. */
export function createSandbox(services: Services): Handle {
  const { host, registry, tokens } = services
  return async ({ caller, json, signal, request }) => {
    const wish = parse(createSchema, await json())
    refuseWhatIsMissing(wish)
    const source = await resolveSource(services, wish.templateID, caller)
    const internet = wish.allow_internet_access ?? true
    const { rules, ...network } = wish.network ?? {}
    const id = freshId('i')
    const mounts = await volumesOf(services, wish.volumeMounts ?? [], caller)
    const headers = await egressHeadersFor(services, rules, caller)
    const { needed, wished } = egressOf(network, internet, headers)
    const spec: SandboxSpec = {
      ...(source.template === undefined ? {} : { template: source.template }),
      ttlMs: toTtlMs(wish.timeout),
      onExpiry: wish.autoPause === true ? 'pause' : 'destroy',
      egress: needed,
      env: parse(environmentSchema, {
        ...ownAddresses,
        ...source.env,
        ...wish.envVars,
        E2B_SANDBOX: 'true',
        E2B_SANDBOX_ID: id,
      }),
      volumes: [...mounts.volumes],
      ...(source.resources === undefined ? {} : { resources: source.resources }),
    }
    const only = source.adapter ?? mounts.adapter
    const sandbox = await host.open(spec, caller, { signal, only, wished })
    await prepared(sandbox, source.prepare)
    const record = await keep(sandbox, {
      ...recordOf({ id, wish, source }),
      organization: caller.organization,
      adapter: sandbox.adapter,
      sandbox: sandbox.id,
      ...(source.template === undefined ? {} : { adapterTemplate: source.template }),
      env: seal(JSON.stringify({ ...source.env, ...wish.envVars }), tokens.sealingKey()),
      ...(wish.network === undefined || wish.network === null ? {} : { network }),
      ...sealRules(rules, tokens),
      internet,
    })
    await mounts.settle(sandbox.adapter)
    return { status: 201, body: sandboxView(record, tokens, domainFor(services, request)) }
  }

  async function keep(sandbox: Sandbox, record: SandboxRecord): Promise<SandboxRecord> {
    try {
      await registry.add(record, sandbox)
      return record
    } catch (error) {
      await host.close(record)
      throw error
    }
  }
}

function recordOf({ id, wish, source }: { id: string; wish: z.output<typeof createSchema>; source: Source }) {
  const { cpus, memoryBytes, diskBytes } = { ...defaultResources, ...source.resources }
  return {
    id,
    template: source.id,
    ...(source.alias === undefined ? {} : { alias: source.alias }),
    startedAtMs: Date.now(),
    timeoutMs: toTtlMs(wish.timeout),
    metadata: wish.metadata,
    cpuCount: Math.max(1, Math.round(cpus)),
    memoryMb: Math.round(memoryBytes / mib),
    diskMb: Math.round(diskBytes / mib),
    onTimeout: wish.autoPause === true ? ('pause' as const) : ('kill' as const),
    autoResume: wish.autoResume?.enabled ?? false,
    onlyFiles: wish.autoPauseMemory === false,
    volumeMounts: wish.volumeMounts ?? [],
  }
}

/** What is not there is refused by name: a sandbox that silently lacks it would be worse. */
function refuseWhatIsMissing(wish: z.output<typeof createSchema>): void {
  if (Object.keys(wish.iam?.tokens ?? {}).length > 0)
    throw new E2bError(400, 'iam.tokens: workload identity tokens are not offered here')
  if (wish.autoResume?.enabled === true && wish.autoPauseMemory === false)
    throw new E2bError(400, 'autoResume: a sandbox that keeps only its files goes on when its owner connects')
  if (wish.network?.egressProxy !== undefined)
    throw new E2bError(400, 'network.egressProxy: egress through a proxy of your own is not offered here')
}
