import { createEgressGateway, type EgressListener } from '@caisson/adapter-kit'
import { type CallOptions, isSandboxError, type SandboxId } from '@caisson/core'
import { type EgressLink, openEgressLink } from '@caisson/daemon-client'
import type { Context } from './context.ts'
import { egressOf } from './egress-secrets.ts'
import { findLiving, type Found, infoOf } from './find-container.ts'
import type { Way } from './find-way.ts'

/** The ways out of the sandboxes that this process looks after. Their containers have no network: each leads through the way to its daemon. */
export interface Gateways {
  /** Offers the sandbox the way out that its rules allow, again whenever it breaks. One that is paused takes it when it goes on. */
  readonly open: (context: Context, found: Found, way: Way, options?: CallOptions) => Promise<void>
  readonly close: (id: SandboxId) => void
  readonly closeAll: () => void
}

/** How long to wait before what failed is tried again. */
const againMs = 2000

export interface GatewaysOptions {
  readonly onEgress: EgressListener | undefined
  /** Authorities that vouch for hosts beside those that everybody knows, as PEM texts. */
  readonly trusted: readonly string[]
}

export function createGateways(options: GatewaysOptions): Gateways {
  const closers = new Map<SandboxId, () => void>()
  const close: Gateways['close'] = (id) => {
    closers.get(id)?.()
    closers.delete(id)
  }

  const open: Gateways['open'] = async (context, { record, state }, { dial }, call) => {
    const { id, egress, accessToken } = record
    if (egress.mode === 'none' || closers.has(id)) return
    const { adapter } = context.engine
    const gateway = createEgressGateway({ ...options, ...egressOf(context, record), sandbox: id })
    let link: EgressLink | undefined
    let timer: NodeJS.Timeout | undefined
    const closer = (): void => {
      clearTimeout(timer)
      gateway.close()
      link?.close()
    }
    closers.set(id, closer)
    const isOpen = (): boolean => closers.get(id) === closer

    const connect = async (within?: CallOptions): Promise<void> => {
      const confirm = async (look?: CallOptions) => infoOf(adapter, await findLiving(context, id, look))
      const { accept } = gateway
      const opened = await openEgressLink(
        { adapter, dial, accessToken, confirm, accept, onClose: () => again(0) },
        within,
      )
      if (isOpen()) link = opened
      else opened.close()
    }
    const again = (afterMs: number): void => {
      if (!isOpen()) return
      timer = setTimeout(() => {
        void connect().catch((error: unknown) => {
          if (isSandboxError(error) && error.code === 'sandbox-not-found') close(id)
          else again(againMs)
        })
      }, afterMs).unref()
    }
    if (state === 'paused') return again(0)
    try {
      await connect(call)
    } catch (error) {
      close(id)
      throw error
    }
  }

  return { open, close, closeAll: () => [...closers.keys()].forEach(close) }
}
