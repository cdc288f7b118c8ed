import { checkTtl } from '@caisson/adapter-kit'
import { type CallOptions, isSandboxError, restrict, type Sandbox, SandboxError, type SandboxInfo } from '@caisson/core'
import { createKeeperProcesses } from '@caisson/keeper'
import { createCode } from './code.ts'
import type { Context } from './context.ts'
import { checkEgress, toNetwork } from './egress.ts'
import { createFiles } from './files.ts'
import type { Link } from './link.ts'
import { toInfo, ttlOf } from './metadata.ts'
import { keeperLinkOf } from './keeper-link.ts'
import { createPorts } from './ports.ts'

/** A handle for a sandbox of E2B. */
export function createSandbox(
  context: Context,
  link: Link,
  destroy: (options?: CallOptions) => ReturnType<Sandbox['destroy']>,
): Sandbox {
  const { cloud, name, capabilities, namespace } = context
  const { id } = link
  const processes = createKeeperProcesses(keeperLinkOf(link))
  /** Life that a paused sandbox is to have when it goes on: E2B gives none before. */
  let nextTtlMs: number | undefined

  const info = async (options?: CallOptions): Promise<SandboxInfo> => {
    const found = toInfo(name, namespace, await link.look(options))
    if (found === undefined) throw new SandboxError('sandbox-not-found', name, `sandbox ${id} is not of this namespace`)
    return found
  }

  const extend: Sandbox['extend'] = async (ttlMs, options) => {
    checkTtl(name, ttlMs, capabilities)
    const before = await info(options)
    try {
      await cloud.call('sandbox', options, async (signal) => await cloud.Machine.setTimeout(id, ttlMs, { signal }))
    } catch (error) {
      if (
        before.state !== 'paused' ||
        !isSandboxError(error) ||
        !['sandbox-not-found', 'conflict'].includes(error.code)
      )
        throw error
    }
    if (before.state === 'paused') nextTtlMs = ttlMs
    return await info(options)
  }

  const resume = async (options?: CallOptions): Promise<void> => {
    const found = await link.look(options)
    if (found.state !== 'paused') return
    const leftMs = found.endAt.getTime() - Date.now()
    const timeoutMs = nextTtlMs ?? ttlOf(found) ?? (leftMs > 0 ? leftMs : 60_000)
    nextTtlMs = undefined
    await cloud.call('sandbox', options, async (signal) => await cloud.Machine.connect(id, { timeoutMs, signal }))
  }

  const detach = async (): Promise<void> => {
    processes.detach()
    link.close(new SandboxError('unavailable', name, 'the handle was detached', { retryable: false }))
    await Promise.resolve()
  }

  const sandbox: Sandbox = {
    id,
    adapter: name,
    processes,
    files: createFiles(link),
    code: createCode(link),
    ports: createPorts(link, processes, context.publicPorts),
    info,
    extend,
    destroy,
    detach,
    restricted: () => restrict(sandbox),
    pause: async (options) => {
      await cloud.call('sandbox', options, async (signal) => await cloud.Machine.pause(id, { signal }))
    },
    resume,
    snapshot: async (wanted, options) => {
      const made = await cloud.call('sandbox', options, async (signal) => {
        return await cloud.Machine.createSnapshot(id, { name: wanted, signal })
      })
      return { template: made.snapshotId }
    },
    ...(capabilities.features.includes('set-egress')
      ? {
          setEgress: async (policy, options) => {
            checkEgress(name, policy, capabilities)
            await cloud.call('sandbox', options, async (signal) => {
              await cloud.Machine.updateNetwork(id, { ...toNetwork(policy) }, { signal })
            })
          },
        }
      : {}),
    [Symbol.asyncDispose]: async () => void (await destroy()),
  }
  return sandbox
}
