import { type CallOptions, SandboxError } from '@caisson/core'
import { createSharedLink } from '@caisson/daemon-client'
import type { Duplex } from 'node:stream'
import { z } from 'zod'
import type { Context } from './context.ts'
import { canDialDirect, dialDirect } from './direct-socket.ts'
import { openBridge } from './exec-bridge.ts'

const inspectionSchema = z.object({ State: z.object({ Pid: z.int() }) })

/** The way to the daemon in a container. */
export interface Way {
  readonly dial: () => Duplex
  /** Ends what `dial` keeps open. */
  readonly close: () => void
}

export async function findWay(context: Context, containerId: string, options?: CallOptions): Promise<Way> {
  const { engine, connection, local } = context
  const bridge = (): Way => createSharedLink(engine.adapter, () => openBridge(engine, containerId))
  if (connection === 'exec' || !local) return bridge()
  const container = engine.docker.getContainer(containerId)
  const pid = await engine.call(
    'container',
    options,
    async () => inspectionSchema.parse(await container.inspect()).State.Pid,
  )
  if (canDialDirect(pid, containerId)) {
    return { dial: () => dialDirect(engine.adapter, pid, containerId), close: () => undefined }
  }
  if (connection === undefined) return bridge()
  throw new SandboxError('unsupported', engine.adapter, 'the daemon cannot be reached directly', {
    remedy: 'run Caisson on the machine of the engine and as root, or leave `connection` out',
  })
}
