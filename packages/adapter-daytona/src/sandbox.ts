import { checkTtl } from '@caisson/adapter-kit'
import { type CallOptions, restrict, type Sandbox, SandboxError, type SandboxId, type SandboxInfo } from '@caisson/core'
import { checkPort, createKeeperPorts, createKeeperProcesses } from '@caisson/keeper'
import type { Context } from './context.ts'
import { minutesOf } from './create-machine.ts'
import { createFiles } from './files.ts'
import { keeperLinkOf } from './keeper-link.ts'
import { keys, toInfo } from './labels.ts'
import type { Link } from './link.ts'
import type { Machine } from './cloud.ts'

export interface Lifecycle {
  readonly destroy: Sandbox['destroy']
  readonly watchExpiry: (id: SandboxId, expiresAtMs: number) => void
}

/** Signed addresses of ports are good for so long. */
const addressSeconds = 3600

/** A handle for a sandbox of Daytona. */
export function createSandbox(context: Context, link: Link, { destroy, watchExpiry }: Lifecycle): Sandbox {
  const { name, namespace, capabilities } = context
  const { id } = link
  const processes = createKeeperProcesses(keeperLinkOf(link))

  const told = (machine: Machine): SandboxInfo => {
    const info = toInfo(name, namespace, machine)
    if (info !== undefined) return info
    throw new SandboxError('sandbox-not-found', name, `sandbox ${id} is over`)
  }

  const extend: Sandbox['extend'] = async (ttlMs, options) => {
    checkTtl(name, ttlMs, capabilities)
    const machine = await link.look(options)
    const expiresAtMs = Date.now() + ttlMs
    await link.call('sandbox', options, async () => {
      // The later end first: what breaks off in between must not end it too early.
      await machine.setTtl(minutesOf(ttlMs))
      await machine.setLabels({ ...machine.labels, [keys.expiresAtMs]: String(expiresAtMs) })
    })
    watchExpiry(id, expiresAtMs)
    return told(machine)
  }

  const sandbox: Sandbox = {
    id,
    adapter: name,
    processes,
    files: createFiles(link),
    ports: {
      ...createKeeperPorts(name, processes),
      url: async (port: number, options?: CallOptions) => {
        checkPort(name, port)
        return await link.call('sandbox', options, async (machine) => {
          return (await machine.getSignedPreviewUrl(port, addressSeconds)).url
        })
      },
    },
    info: async (options) => told(await link.look(options)),
    extend,
    destroy,
    detach: async () => {
      processes.detach()
      link.close(new SandboxError('unavailable', name, 'the handle was detached', { retryable: false }))
      await Promise.resolve()
    },
    restricted: () => restrict(sandbox),
    [Symbol.asyncDispose]: async () => void (await destroy()),
  }
  return sandbox
}
