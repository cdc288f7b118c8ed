import { setTimeout as delay } from 'node:timers/promises'
import { type CallOptions, freshId, isSandboxError, type ResolvedSandboxSpec, SandboxError } from '@caisson/core'
import { createCallScope } from '@caisson/daemon-client'
import { ServiceBusyError } from '@e2b/code-interpreter'
import type { Machine } from './cloud.ts'
import type { Context } from './context.ts'
import { toNetwork } from './egress.ts'
import { creationQuery, toMetadata } from './metadata.ts'

/** How long a sandbox is looked for of which E2B has not said whether there is one. */
const searchMs = 10_000
const betweenLooksMs = 500

/** Makes a sandbox of E2B. When it rejects none is left: a creation that was given up is waited for and taken back. */
export async function createMachine(
  context: Context,
  spec: ResolvedSandboxSpec,
  options: CallOptions = {},
): Promise<Machine> {
  using scope = createCallScope(context.name, options)
  scope.signal.throwIfAborted()
  const creation = freshId()
  const made = await create(context, spec, creation)
  if (!scope.signal.aborted) return made
  await remove(context, made.sandboxId)
  throw scope.signal.reason
}

/** Without the caller's signal: a request that is cut off may have been heard. */
async function create(context: Context, spec: ResolvedSandboxSpec, creation: string): Promise<Machine> {
  const { cloud, namespace, templates, capabilities, publicPorts } = context
  const name = spec.template ?? capabilities.templates[0] ?? ''
  const { allowInternetAccess, ...network } = toNetwork(spec.egress)
  const origin = { namespace, template: name, createdAtMs: Date.now(), ttlMs: spec.ttlMs, creation }
  try {
    return await cloud.call('template', undefined, async () => {
      return await cloud.Machine.create(templates[name] ?? name, {
        metadata: toMetadata(origin, spec.labels),
        envs: { ...spec.env },
        timeoutMs: spec.ttlMs,
        allowInternetAccess,
        network: { ...network, allowPublicTraffic: publicPorts },
        lifecycle: { onTimeout: spec.onExpiry === 'pause' ? 'pause' : 'kill' },
      })
    })
  } catch (error) {
    if (isUncertain(error)) await removeIfThere(context, creation)
    throw error
  }
}

/** Whether E2B may have made one all the same. When it is busy it has not. */
function isUncertain(error: unknown): boolean {
  if (!isSandboxError(error) || error.cause instanceof ServiceBusyError) return false
  return error.code === 'unavailable' || error.code === 'timeout' || error.code === 'provider'
}

async function removeIfThere(context: Context, creation: string): Promise<void> {
  const endsAtMs = Date.now() + searchMs
  do {
    const found = await context.cloud
      .call('account', undefined, async () => await context.cloud.list(creationQuery(creation)).nextItems())
      .catch(() => undefined)
    for (const { sandboxId } of found ?? []) return await remove(context, sandboxId)
    if (found === undefined) return
    await delay(betweenLooksMs)
  } while (Date.now() < endsAtMs)
}

async function remove({ cloud, name }: Context, id: string): Promise<void> {
  try {
    await cloud.call('sandbox', undefined, async (signal) => await cloud.Machine.kill(id, { signal }))
  } catch (cause) {
    throw new SandboxError('provider', name, `sandbox ${id} could not be taken back and lives until its time is over`, {
      cause,
    })
  }
}
