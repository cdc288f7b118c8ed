import {
  egressHeadersOf,
  isWideRule,
  type AdapterCapabilities,
  type AdapterHealth,
  defaultVolumeBytes,
  type Feature,
  hourMs,
  type IsolationLevel,
  type LimitKind,
  limitKinds,
  matchesLabels,
  type Price,
  type ResolvedSandboxSpec,
  type SandboxAdapter,
  SandboxError,
  type SandboxId,
  type SandboxSpec,
  sandboxSpecSchema,
} from '@caisson/core'
import { type MemoryClock, systemMemoryClock } from './clock.ts'
import type { Network } from './egress.ts'
import { createGuard } from './guard.ts'
import { createMemoryWorld, end, host, type Hosted, type Hosting, infoOf, type MemoryWorld } from './hosted.ts'
import type { Program } from './program.ts'
import { standardPrograms } from './programs/standard-programs.ts'
import { createSandbox, type Offer } from './sandbox.ts'
import { createVolumes } from './volumes.ts'

export interface MemoryAdapterOptions {
  /** Default: `memory`. */
  readonly name?: string | undefined
  /** Share one between adapters that shall see the same sandboxes, as two processes with one provider do. */
  readonly world?: MemoryWorld | undefined
  readonly clock?: MemoryClock | undefined
  /** Programs by name, found in `/bin` beside a shell and the usual utilities, or in their place. */
  readonly programs?: Readonly<Record<string, Program>> | undefined
  /** What allowed egress connects to. Without it no egress is offered. */
  readonly network?: Network | undefined
  /** What is not offered. */
  readonly without?: readonly (Feature | LimitKind)[] | undefined
  /** What it claims. Default: `container`. */
  readonly isolation?: IsolationLevel | undefined
  /** Default: `base` alone. */
  readonly templates?: readonly [string, ...string[]] | undefined
  readonly price?: Price | undefined
  /** What `probe` reports. Default: healthy. */
  readonly health?: (() => Pick<AdapterHealth, 'status' | 'reason' | 'remedy'>) | undefined
  /** How long `create` takes. Default: one turn of the event loop. */
  readonly createMs?: number | undefined
  /** More at one time are refused with `quota-exceeded`. Default: no limit. */
  readonly maxSandboxes?: number | undefined
}

const offered: readonly Feature[] = [
  'terminal',
  'watch',
  'attach',
  'users',
  'code',
  'ports',
  'pause',
  'snapshot',
  'fork',
  'metrics',
  'volumes',
]
const freeOfCharge: Price = {
  currency: 'USD',
  perCpuHour: 0,
  perGibHour: 0,
  source: 'runs in memory',
  asOf: '2026-11-01',
}

/**
 * A complete adapter without any I/O: files, processes and time live in memory, and a small shell with the usual utilities runs
 * in them. For tests of the conformance kit and of everything that works with sandboxes.
 */
export function createMemoryAdapter(options: MemoryAdapterOptions = {}): SandboxAdapter {
  const { name = 'memory', clock = systemMemoryClock, world = createMemoryWorld(), without = [] } = options
  const egress: readonly Feature[] =
    options.network === undefined ? [] : ['egress-allow', 'set-egress', 'egress-headers']
  const capabilities: AdapterCapabilities = {
    isolation: options.isolation ?? 'container',
    features: [...offered, ...egress].filter((feature) => !without.includes(feature)),
    limits: limitKinds.filter((kind) => !without.includes(kind)),
    templates: [...(options.templates ?? ['base'])],
    maxTtlMs: 24 * hourMs,
    locality: 'machine',
    price: options.price ?? freeOfCharge,
  }
  const programs = { ...standardPrograms, ...options.programs }
  const hosting: Hosting = {
    adapter: name,
    world,
    clock,
    programs,
    network: options.network,
    volumeBytes: capabilities.limits.includes('volume') ? defaultVolumeBytes : Number.POSITIVE_INFINITY,
  }
  const offer: Offer = { has: (feature) => capabilities.features.includes(feature), maxTtlMs: capabilities.maxTtlMs }
  const guard = createGuard(name)

  const find = (id: SandboxId): Hosted => {
    const hosted = world.sandboxes.get(id)
    if (hosted !== undefined) return hosted
    throw new SandboxError('sandbox-not-found', name, `no sandbox ${id}`, { field: 'id' })
  }

  return {
    specificationVersion: 'caisson-adapter-v1',
    name,
    capabilities,
    create: async (input, callOptions) => {
      const spec = checkSpec(name, input, capabilities)
      const template = spec.template ?? capabilities.templates[0] ?? 'base'
      const content = world.templates.get(template)
      if (content === undefined && !capabilities.templates.includes(template)) {
        throw new SandboxError('template-not-found', name, `no template ${template}`, { field: 'template' })
      }
      await guard(callOptions, async () => {
        await new Promise<void>((resolve) => clock.schedule(resolve, options.createMs ?? 0))
      })
      if (world.sandboxes.size >= (options.maxSandboxes ?? Number.POSITIVE_INFINITY)) {
        throw new SandboxError('quota-exceeded', name, `more than ${options.maxSandboxes} sandboxes`)
      }
      return createSandbox(hosting, host(hosting, spec, template, content), offer)
    },
    connect: async (id, callOptions) => await guard(callOptions, () => createSandbox(hosting, find(id), offer)),
    list: async function* (query, callOptions) {
      const found = await guard(callOptions, () => [...world.sandboxes.values()])
      for (const hosted of found) {
        if (!hosted.gone.is && matchesLabels(hosted.spec.labels, query?.labels ?? {})) yield infoOf(name, hosted)
      }
    },
    destroy: async (id, callOptions) =>
      await guard(callOptions, () => {
        const hosted = world.sandboxes.get(id)
        return hosted === undefined ? 'absent' : end(hosting, hosted)
      }),
    probe: async (callOptions) =>
      await guard(callOptions, () => ({
        status: 'healthy' as const,
        ...options.health?.(),
        checkedAtMs: clock.now(),
        latencyMs: 0,
      })),
    ...(offer.has('volumes') ? { volumes: createVolumes(name, world, guard) } : {}),
    sweep: async (callOptions) => await guard(callOptions, () => ({ removed: 0 })),
    [Symbol.asyncDispose]: async () => await Promise.resolve(),
  }
}

function checkSpec(adapter: string, input: SandboxSpec, capabilities: AdapterCapabilities): ResolvedSandboxSpec {
  const parsed = sandboxSpecSchema.safeParse(input)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const field = issue?.path.map(String).join('.')
    throw new SandboxError('invalid-argument', adapter, `${field}: ${issue?.message}`, { field, cause: parsed.error })
  }
  const spec = parsed.data
  const refuse = (field: string): never => {
    throw new SandboxError('unsupported', adapter, `this adapter does not hold ${field}`, { field })
  }
  const has = (feature: Feature): boolean => capabilities.features.includes(feature)
  if (spec.ttlMs > capabilities.maxTtlMs) {
    throw new SandboxError('invalid-argument', adapter, `at most ${capabilities.maxTtlMs} ms`, { field: 'ttlMs' })
  }
  if (egressHeadersOf(spec.egress).length > 0 && !has('egress-headers')) refuse('egress.headers')
  if (spec.egress.mode === 'allow' && !has('egress-allow')) refuse('egress')
  const isWide = spec.egress.mode === 'allow' && (spec.egress.rules.some(isWideRule) || spec.egress.deny !== undefined)
  if (isWide) refuse('egress')
  if (spec.onExpiry === 'pause' && !has('pause')) refuse('onExpiry')
  if (spec.volumes.length > 0 && !has('volumes')) refuse('volumes')
  if (spec.volumes.some(({ sizeBytes }) => sizeBytes !== undefined) && !capabilities.limits.includes('volume')) {
    refuse('volumes')
  }
  if (spec.volumes.length > 0 && spec.labels['organization'] === undefined) {
    throw new SandboxError('invalid-argument', adapter, 'volumes belong to an organization', {
      field: 'labels.organization',
    })
  }
  if (Object.keys(spec.secrets).length > 0) refuse('secrets')
  const asked = spec.resources ?? {}
  const limits = { cpus: asked.cpus, memory: asked.memoryBytes, disk: asked.diskBytes, pids: asked.pids }
  for (const kind of ['cpus', 'memory', 'disk', 'pids'] as const) {
    const field = kind === 'memory' || kind === 'disk' ? `resources.${kind}Bytes` : `resources.${kind}`
    if (limits[kind] !== undefined && !capabilities.limits.includes(kind)) refuse(field)
  }
  return spec
}
