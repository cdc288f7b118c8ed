import { randomUUID } from 'node:crypto'
import { environmentSchema, minuteMs } from '@caisson/core'
import type { CreateSandbox, Sandbox as SandboxDto } from '@daytona/api-client'
import { z } from 'zod'
import { startBuild } from '../builds/run-build.ts'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { bodyOf, parse } from '../http/body.ts'
import { type Handle, ok } from '../http/call.ts'
import { sealEnv } from '../sandboxes/env.ts'
import { labelsSchema } from '../sandboxes/record.ts'
import { daytonaUser, sandboxView } from '../sandboxes/view.ts'
import { keepMade } from './keep-made.ts'
import { makeSandbox, type Plan } from './make-sandbox.ts'
import { makeWhenBuilt } from './make-when-built.ts'
import { assertNameIsFree, nameSchema, withName } from './names.ts'
import { defaultSource, resolveSource, type Source, sourceOfDockerfile } from './source.ts'

const most = { minutes: 60 * 24 * 365, cpu: 256, gib: 1024 }
const interval = z.int().min(0).max(most.minutes)
const amount = (largest: number) => z.number().positive().max(largest).optional()
const absent = (why: string) =>
  z
    .unknown()
    .refine((value) => value === undefined || value === null || value === false || value === 0 || value === '', why)
    .optional()

const createBody = bodyOf<CreateSandbox>()({
  name: nameSchema.optional(),
  snapshot: z.string().min(1).max(512).optional(),
  user: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  labels: labelsSchema.optional(),
  public: z.boolean().optional(),
  networkBlockAll: z.boolean().optional(),
  networkAllowList: z.string().max(4096).optional(),
  domainAllowList: z.string().max(4096).optional(),
  outboundProxyUrl: absent('egress through a proxy of your own is not offered here'),
  otelEndpointOverride: absent('traces go where the service sends them'),
  target: z.string().max(128).optional(),
  cpu: amount(most.cpu),
  gpu: absent('there are no GPUs here'),
  gpuType: z.array(z.string()).max(0, 'there are no GPUs here').optional(),
  spot: absent('there are no spot sandboxes here'),
  memory: amount(most.gib),
  disk: amount(most.gib),
  autoStopInterval: interval.optional(),
  autoPauseInterval: interval.optional(),
  autoArchiveInterval: interval.optional(),
  autoDeleteInterval: z.int().min(-1).max(most.minutes).optional(),
  ttlMinutes: interval.optional(),
  volumes: z
    .array(z.object({ volumeId: z.string(), mountPath: z.string(), subpath: z.string().optional() }))
    .max(16)
    .optional(),
  buildInfo: z
    .object({ dockerfileContent: z.string().max(1024 * 1024), contextHashes: z.array(z.string()).optional() })
    .optional(),
  linkedSandbox: absent('linked sandboxes are not offered here'),
  secrets: z
    .array(z.record(z.string(), z.string()))
    .max(0, "secrets of Daytona's kind are not offered here")
    .optional(),
  kvm: absent('there is no KVM here'),
})
type Wish = z.output<typeof createBody>

/** Daytona's own sizes and times, but for the disk: the adapters give theirs, which is what machines have room for. */
const usual = { cpu: 1, memoryGib: 1, diskGib: 1, autoStopMinutes: 15, autoArchiveMinutes: 7 * 24 * 60 }

/** `POST /sandbox` */
export function createSandbox(services: Services): Handle<SandboxDto> {
  const { registry, tokens } = services
  return async ({ caller, json, signal, base }) => {
    const wish = parse(createBody, await json())
    if (wish.user !== undefined && wish.user !== daytonaUser)
      throw new DaytonaError(400, `user: sandboxes have one user here, which '${daytonaUser}' stands for`)
    if (wish.volumes?.some(({ subpath }) => subpath !== undefined && subpath !== ''))
      throw new DaytonaError(400, 'volumes: a part of a volume cannot be mounted here')
    return await withName(services, { kind: 'sandbox', name: wish.name, caller }, async () => {
      await assertNameIsFree(services, wish.name, caller)
      const source = await sourceOf(services, wish, caller)
      const created = parse(environmentSchema, { ...source.env, ...wish.env })
      const plan: Plan = {
        ...planOf(wish, source),
        organization: caller.organization,
        env: sealEnv({ created, set: {}, unset: [] }, tokens),
      }
      if (source.planned !== undefined) {
        const { id: build } = await startBuild(services, source.planned)
        const record = await registry.save({ ...plan, build, state: 'pending_build' })
        void makeWhenBuilt(services, { ...record, build }, { caller, prepare: source.prepare })
        return ok(sandboxView(record, { base, tokens }))
      }
      const sandbox = await makeSandbox(services, plan, { caller, prepare: source.prepare, options: { signal } })
      return ok(sandboxView(await keepMade(services, plan, sandbox), { base, tokens }))
    })
  }
}

async function sourceOf(services: Services, wish: Wish, caller: Parameters<typeof resolveSource>[2]): Promise<Source> {
  if (wish.buildInfo !== undefined) return await sourceOfDockerfile(services, wish.buildInfo, caller)
  return wish.snapshot === undefined ? defaultSource(services) : await resolveSource(services, wish.snapshot, caller)
}

function planOf(wish: Wish, source: Source): Omit<Plan, 'organization' | 'env'> {
  const id = randomUUID()
  const nowMs = Date.now()
  const { size } = source
  return {
    id,
    name: wish.name ?? id,
    state: 'started',
    stateAtMs: nowMs,
    snapshot: source.name,
    ...(source.template === undefined ? {} : { template: source.template }),
    ...(source.entrypoint === undefined ? {} : { entrypoint: [...source.entrypoint] }),
    ...(source.build === undefined ? {} : { build: source.build }),
    ...(source.only === undefined ? {} : { only: source.only }),
    ...(wish.buildInfo === undefined ? {} : { dockerfile: wish.buildInfo.dockerfileContent }),
    labels: wish.labels ?? {},
    public: wish.public ?? false,
    target: wish.target ?? 'local',
    cpu: wish.cpu ?? size?.cpu ?? usual.cpu,
    memoryGib: wish.memory ?? size?.memoryGib ?? usual.memoryGib,
    diskGib: wish.disk ?? size?.diskGib ?? usual.diskGib,
    sized: [wish.cpu, wish.memory, wish.disk].some((given) => given !== undefined),
    network: {
      ...(wish.networkBlockAll === undefined ? {} : { blockAll: wish.networkBlockAll }),
      ...(wish.networkAllowList === undefined ? {} : { allowList: wish.networkAllowList }),
      ...(wish.domainAllowList === undefined ? {} : { domainAllowList: wish.domainAllowList }),
    },
    volumes: (wish.volumes ?? []).map(({ volumeId, mountPath }) => ({ volumeId, mountPath })),
    autoStopMinutes: wish.autoStopInterval ?? usual.autoStopMinutes,
    autoPauseMinutes: wish.autoPauseInterval ?? 0,
    autoArchiveMinutes: wish.autoArchiveInterval ?? usual.autoArchiveMinutes,
    autoDeleteMinutes: wish.autoDeleteInterval ?? -1,
    ...(wish.ttlMinutes === undefined || wish.ttlMinutes === 0 ? {} : { endsAtMs: nowMs + wish.ttlMinutes * minuteMs }),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    signingVersion: 0,
  }
}
