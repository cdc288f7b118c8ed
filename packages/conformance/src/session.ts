import { type Sandbox, type SandboxAdapter, type SandboxSpec } from '@caisson/core'
import { plantHostCanaries } from './kit/host-canaries.ts'
import type { Check, Kit } from './kit/kit.ts'
import { Mismatch } from './kit/assert.ts'
import type { ConformanceTarget } from './target.ts'

/** One target under test: its adapters, its shared sandbox, the things planted on the host. */
export interface Session {
  readonly adapter: SandboxAdapter
  /** Runs a check with a time limit and cleans up after it. Rejects as the check does. */
  readonly run: (check: Check) => Promise<void>
  readonly close: () => Promise<void>
}

const defaultCheckTimeoutMs = 20_000

export async function openSession(target: ConformanceTarget): Promise<Session> {
  // Planted first, so that an adapter that copies the environment early is caught too.
  const host = await plantHostCanaries()
  const adapters: SandboxAdapter[] = []
  const instance = async (): Promise<SandboxAdapter> => {
    const made = await target.createAdapter()
    adapters.push(made)
    return made
  }
  const adapter = await instance()
  const capabilities = structuredClone(adapter.capabilities)
  const spec = (wanted: SandboxSpec = {}): SandboxSpec =>
    target.template === undefined ? wanted : { template: target.template, ...wanted }
  let other: Promise<SandboxAdapter> | undefined
  let shared: Promise<Sandbox> | undefined
  const toDestroy = new Set<Promise<Sandbox>>()

  const share = async (): Promise<Sandbox> => {
    if (shared === undefined) {
      shared = adapter.create(spec({ ttlMs: 30 * 60_000, labels: { check: 'shared' } }))
      toDestroy.add(shared)
    }
    return await shared
  }

  const run = async (check: Check): Promise<void> => {
    const cleanUps: (() => Promise<unknown> | void)[] = []
    const defer: Kit['defer'] = (cleanUp) => void cleanUps.push(cleanUp)
    const kit: Kit = {
      target,
      adapter,
      capabilities,
      other: async () => await (other ??= instance()),
      another: instance,
      shared: share,
      spec,
      fresh: async (wanted) => {
        const sandbox = await adapter.create(spec(wanted))
        defer(async () => await sandbox.destroy())
        return sandbox
      },
      host,
      defer,
    }
    const used = shared
    try {
      await limited(check(kit), target.checkTimeoutMs ?? defaultCheckTimeoutMs)
    } catch (error) {
      // What a failed check leaves behind must not make others fail.
      if (shared === used || used === undefined) shared = undefined
      throw error
    } finally {
      for (const cleanUp of cleanUps.toReversed()) await Promise.resolve(cleanUp()).catch(() => undefined)
    }
  }

  return {
    adapter,
    run,
    close: async () => {
      for (const sandbox of toDestroy) await sandbox.then(async (made) => await made.destroy()).catch(() => undefined)
      for (const made of adapters) await made[Symbol.asyncDispose]()
      await host.remove()
    },
  }
}

async function limited(work: Promise<void>, timeoutMs: number): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Mismatch(`not done within ${timeoutMs} ms`)), timeoutMs)
  try {
    await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
