import { certificatesSchema, createExpiryTimers, type EgressListener } from '@caisson/adapter-kit'
import {
  type AdapterHealth,
  type CallOptions,
  isSandboxError,
  matchesLabels,
  type ResolvedSandboxSpec,
  type Sandbox,
  type SandboxAdapter,
  sandboxIdSchema,
} from '@caisson/core'
import { createCallScope } from '@caisson/daemon-client'
import { z } from 'zod'
import { containerCapabilities, gvisorCapabilities } from './capabilities.ts'
import { checkSpec } from './check-spec.ts'
import { groundOf, startSandbox } from './create.ts'
import { createGateways } from './egress/gateways.ts'
import { expire } from './expiry/expire.ts'
import { remainingMs } from './expiry/remaining-ms.ts'
import { type LastWill, writeLastWill } from './expiry/last-will.ts'
import { sweep } from './expiry/sweep.ts'
import { findLiving, isLiving } from './find-running.ts'
import { platformSchema } from './gvisor/platform.ts'
import { createFromSnapshot } from './gvisor/snapshot.ts'
import type { Context } from './launch/context.ts'
import { endSandbox } from './launch/end-sandbox.ts'
import { removeEmptyParents } from './launch/sandbox-group.ts'
import { openContext, stateDirectoryOf } from './launch/open-context.ts'
import { createPreparedPool } from './launch/prepared-pool.ts'
import { mapError } from './map-error.ts'
import type { LivingRecord } from './record/record.ts'
import { readAllCurrent } from './record/read-current.ts'
import { createSandbox, describe } from './sandbox.ts'
import { namedAfter, within } from './within.ts'
import { adapterNames, tierSchema } from './tier.ts'
import { createVolumes } from './volumes/create-volumes.ts'
import { assertPrivileges, withTemplate } from './template/apply-template.ts'
import { directoryTemplateSchema, findTemplate, hostTemplate } from './template/template.ts'

const templatesSchema = z.record(z.string(), directoryTemplateSchema)

export const localAdapterOptionsSchema = z.strictObject({
  stateDirectory: z.string().optional(),
  tier: tierSchema.default('container'),
  runtime: z.enum(['crun', 'runc']).optional(),
  platform: platformSchema.optional(),
  templates: z.union([templatesSchema, z.custom<() => unknown>((value) => typeof value === 'function')]).default({}),
  egressAuthorities: certificatesSchema.default([]),
  preparedSandboxes: z.int().min(0).max(16).default(1),
})

/** The new sandbox's first commands go first. */
const refillAfterMs = 25

/** A creation that takes longer than this is given up, when its caller sets no deadline. */
const createMs = 60_000

export function createAdapter(
  options: z.output<typeof localAdapterOptionsSchema>,
  onEgress?: EgressListener,
): SandboxAdapter {
  const templates = createTemplateSource(options.templates)
  const named = (): readonly string[] => [hostTemplate, ...Object.keys(templates())]
  const adapter = adapterNames[options.tier]
  const capabilities =
    options.tier === 'gvisor'
      ? gvisorCapabilities(named)
      : containerCapabilities(process.getuid?.() === 0 ? 'root' : 'rootless', named)
  const pool = createPreparedPool(options.preparedSandboxes)
  const timers = createExpiryTimers()
  const gateways = createGateways({ onEgress, trusted: options.egressAuthorities })
  let opening: Promise<Context> | undefined
  let will: LastWill | undefined

  /** What failed may have been mended since: it is tried again. */
  const open = async (): Promise<Context> => {
    const { stateDirectory } = options
    const own = stateDirectory === undefined ? undefined : stateDirectoryOf(options.tier, stateDirectory)
    opening ??= openContext({ ...options, stateDirectory: own }).catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return await opening
  }

  const destroy: SandboxAdapter['destroy'] = async (id) => {
    if (!sandboxIdSchema.safeParse(id).success) return 'absent'
    const context = await open()
    gateways.close(id)
    try {
      return await endSandbox(context, id)
    } catch (error) {
      throw mapError(error, `destroying the sandbox ${id}`)
    }
  }

  /** From now on this process holds its end of life and what it may reach. */
  const adopt = async (context: Context, record: LivingRecord): Promise<Sandbox> => {
    will ??= writeLastWill(context)
    const watch = (leftMs: number) => timers.watch(record.id, leftMs, async () => await expire(context, record.id))
    watch(remainingMs(record))
    await gateways.open(context, record)
    return createSandbox({
      context,
      capabilities,
      record,
      destroy,
      onExtended: (extended) => watch(remainingMs(extended)),
      onEgress: async (changed) => await gateways.replace(context, changed),
      adopt: async (fresh) => await adopt(context, fresh),
    })
  }

  /** A sandbox made of a snapshot, if its template is one. */
  const goOnFrom = async (spec: ResolvedSandboxSpec, signal: AbortSignal): Promise<Sandbox | undefined> => {
    const { template } = spec
    if (template === undefined || named().includes(template)) return undefined
    const context = await open()
    will ??= writeLastWill(context)
    const record = await createFromSnapshot(context, template, spec, signal)
    return record === undefined ? undefined : await adopt(context, record)
  }

  /** Within what the caller allows, and with errors in the name of this adapter. */
  const here = async <T>(call: CallOptions | undefined, work: () => Promise<T>): Promise<T> =>
    await within(call, work, adapter)

  return {
    specificationVersion: 'caisson-adapter-v1',
    name: adapter,
    capabilities,
    create: async (spec, callOptions = {}) => {
      using scope = createCallScope(adapter, callOptions, createMs)
      try {
        const asked = checkSpec(spec, capabilities)
        scope.signal.throwIfAborted()
        const snapshot = options.tier === 'gvisor' ? await goOnFrom(asked, scope.signal) : undefined
        if (snapshot !== undefined) return snapshot
        const template = findTemplate(asked.template, templates())
        const checked = withTemplate(asked, template, capabilities)
        const context = await open()
        assertPrivileges(template, options.tier, context.machine)
        will ??= writeLastWill(context)
        const ground = await groundOf(context, template, checked)
        const prepared = await pool.take(context, ground)
        const record = await startSandbox(context, prepared, checked, scope.signal)
        setTimeout(() => pool.refill(context, ground), refillAfterMs).unref()
        return await adopt(context, record)
      } catch (error) {
        throw namedAfter(adapter, mapError(error, 'creating a sandbox'))
      }
    },
    connect: async (id, call) =>
      await here(call, async () => {
        const context = await open()
        return await adopt(context, await findLiving(context, id))
      }),
    list: async function* (query = {}, call) {
      const context = await here(call, open)
      for await (const record of readAllCurrent(context.store)) {
        if (!isLiving(context, record)) continue
        if (!matchesLabels(record.labels, query.labels ?? {})) continue
        const info = await describe(context, record).catch(unlessGone)
        if (info !== undefined) yield info
      }
    },
    destroy: async (id, call) => await here(call, async () => await destroy(id)),
    probe: async () => await probe(open),
    ...(capabilities.features.includes('volumes') ? { volumes: createVolumes(open) } : {}),
    sweep: async (call) => await here(call, async () => await sweep(await open())),
    [Symbol.asyncDispose]: async () => {
      timers.close()
      gateways.closeAll()
      await pool.close()
      await opening?.then(removeEmptyParents, () => undefined)
      will?.close()
      will = undefined
    },
  }
}

/** It ended while it was looked at. */
function unlessGone(error: unknown): undefined {
  if (!isSandboxError(error) || error.code !== 'sandbox-not-found') throw error
}

async function probe(open: () => Promise<Context>): Promise<AdapterHealth> {
  const startedAtMs = performance.now()
  const seen = (): Pick<AdapterHealth, 'checkedAtMs' | 'latencyMs'> => ({
    checkedAtMs: Date.now(),
    latencyMs: performance.now() - startedAtMs,
  })
  try {
    await open()
    return { status: 'healthy', ...seen() }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const remedy = isSandboxError(error) ? error.remedy : undefined
    return { status: 'unavailable', reason, ...(remedy === undefined ? {} : { remedy }), ...seen() }
  }
}

/** What a function gives is looked at again only when it gives something else. */
function createTemplateSource(
  given: z.output<typeof localAdapterOptionsSchema>['templates'],
): () => z.output<typeof templatesSchema> {
  if (typeof given !== 'function') return () => given
  let seen: unknown
  let parsed: z.output<typeof templatesSchema> = {}
  return () => {
    const now = given()
    if (now !== seen) parsed = templatesSchema.parse(now)
    seen = now
    return parsed
  }
}
