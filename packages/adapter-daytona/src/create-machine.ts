import { setTimeout as delay } from 'node:timers/promises'
import {
  type CallOptions,
  freshId,
  isSandboxError,
  minuteMs,
  type ResolvedSandboxSpec,
  SandboxError,
} from '@caisson/core'
import { createCallScope } from '@caisson/daemon-client'
import { checkSpec, sizesOf } from './check-spec.ts'
import type { Machine } from './cloud.ts'
import type { Context } from './context.ts'
import { keys, toLabels } from './labels.ts'
import { openVolume, volumeName } from './volumes.ts'

/** How long a sandbox is looked for of which Daytona has not said whether there is one. */
const searchMs = 10_000
const betweenLooksMs = 500
const createSeconds = 170

/** Makes a sandbox of Daytona. When it rejects none is left: a creation that was given up is waited for and taken back. */
export async function createMachine(
  context: Context,
  input: Parameters<typeof checkSpec>[1],
  options: CallOptions = {},
): Promise<Machine> {
  const spec = checkSpec(context, input)
  using scope = createCallScope(context.name, options)
  scope.signal.throwIfAborted()
  const made = await create(context, spec, freshId())
  if (scope.signal.aborted) {
    await remove(context, made)
    throw scope.signal.reason
  }
  if (spec.egress.mode === 'none' && !made.networkBlockAll) {
    await remove(context, made)
    throw new SandboxError(
      'provider',
      context.name,
      'Daytona did not close the network of the sandbox as it was asked to',
    )
  }
  return made
}

/** Without the caller's signal: a request that is cut off may have been heard. */
async function create(context: Context, spec: ResolvedSandboxSpec, creation: string): Promise<Machine> {
  const { cloud, namespace, templates, capabilities } = context
  const template = spec.template ?? capabilities.templates[0] ?? ''
  const createdAtMs = Date.now()
  const organization = spec.labels['organization'] ?? ''
  const volumes = spec.volumes.map(({ name }) => volumeName(context, { organization, name }))
  try {
    const mounts = await Promise.all(
      spec.volumes.map(async ({ path }, at) => ({
        volumeId: (await openVolume(context, volumes[at] ?? '')).id,
        mountPath: path,
      })),
    )
    return await cloud.call('template', undefined, async () => {
      const origin = { namespace, template, createdAtMs, expiresAtMs: createdAtMs + spec.ttlMs, creation, volumes }
      const params = {
        labels: toLabels(origin, spec.labels),
        envVars: { ...spec.env },
        ...(mounts.length === 0 ? {} : { volumes: mounts }),
        ...networkOf(spec),
        // It ends at its time, and not because nobody has called for a while: whatever runs in it keeps it awake.
        autoStopInterval: 0,
        ttlMinutes: minutesOf(spec.ttlMs),
        // One that stops all the same is of no use to anybody.
        ephemeral: true,
      }
      const known = templates[template] ?? { snapshot: template }
      if ('snapshot' in known)
        return await cloud.sdk.create({ ...params, snapshot: known.snapshot }, { timeout: createSeconds })
      const resources = sizesOf(spec)
      return await cloud.sdk.create(
        { ...params, image: known.image, ...(Object.keys(resources).length === 0 ? {} : { resources }) },
        { timeout: createSeconds },
      )
    })
  } catch (error) {
    if (isUncertain(error)) await removeIfThere(context, creation)
    throw error
  }
}

/** Daytona counts in minutes. The end to the millisecond is in the labels, and held by whoever looks. */
export function minutesOf(ttlMs: number): number {
  return Math.max(1, Math.ceil(ttlMs / minuteMs))
}

function networkOf({ egress }: ResolvedSandboxSpec): { networkBlockAll: boolean } | { domainAllowList: string } {
  if (egress.mode === 'none' || egress.rules.length === 0) return { networkBlockAll: true }
  return { domainAllowList: [...new Set(egress.rules.map(({ host }) => host))].join(',') }
}

function isUncertain(error: unknown): boolean {
  return (
    isSandboxError(error) && (error.code === 'unavailable' || error.code === 'timeout' || error.code === 'provider')
  )
}

async function removeIfThere(context: Context, creation: string): Promise<void> {
  const endsAtMs = Date.now() + searchMs
  do {
    const found = await findByCreation(context, creation).catch(() => undefined)
    if (found === undefined) return
    for (const machine of found) return await remove(context, machine)
    await delay(betweenLooksMs)
  } while (Date.now() < endsAtMs)
}

async function findByCreation({ cloud }: Context, creation: string): Promise<readonly Machine[]> {
  return await cloud.call(
    'account',
    undefined,
    async () => await Array.fromAsync(cloud.sdk.list({ labels: { [keys.creation]: creation } })),
  )
}

async function remove({ cloud, name }: Context, machine: Machine): Promise<void> {
  try {
    await cloud.call('sandbox', undefined, async () => await machine.delete())
  } catch (cause) {
    if (isSandboxError(cause) && cause.code === 'sandbox-not-found') return
    throw new SandboxError(
      'provider',
      name,
      `sandbox ${machine.id} could not be taken back and lives until its time is over`,
      {
        cause,
      },
    )
  }
}
