import { createEgressGateway, type EgressGateway, type EgressListener } from '@caisson/adapter-kit'
import { readlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { findLiving } from '../find-running.ts'
import type { Context } from '../launch/context.ts'
import type { LivingRecord } from '../record/record.ts'
import { sandboxDirectory } from '../record/store.ts'
import { listen } from './listen.ts'

type GatewayRecord = Pick<LivingRecord, 'id' | 'egress' | 'authority'>

/** The gateways of the sandboxes that this process looks after. */
export interface Gateways {
  /** Sees to it that the sandbox has a gateway: another process's while that lives, this one's afterwards. */
  readonly open: (context: Context, record: GatewayRecord) => Promise<void>
  /** Another policy for a sandbox that has a way out: from now on it leads through this process. */
  readonly replace: (context: Context, record: GatewayRecord) => Promise<void>
  readonly close: (id: string) => void
  readonly closeAll: () => void
}

/** How soon the end of another process's gateway is noticed. */
const watchMs = 2000

export interface GatewaysOptions {
  readonly onEgress: EgressListener | undefined
  /** Authorities that vouch for hosts beside those that everybody knows, as PEM texts. */
  readonly trusted: readonly string[] | undefined
}

export function createGateways(options: GatewaysOptions): Gateways {
  const gateways = new Map<string, { readonly gateway: EgressGateway; readonly name: string }>()
  const watches = new Map<string, NodeJS.Timeout>()

  const close: Gateways['close'] = (id) => {
    clearInterval(watches.get(id))
    watches.delete(id)
    endOwn(id)
  }
  const endOwn = (id: string): void => {
    gateways.get(id)?.gateway.close()
    gateways.delete(id)
  }
  const serve = async (context: Context, { id, egress, authority }: GatewayRecord): Promise<void> => {
    const gateway = createEgressGateway({ ...options, sandbox: id, policy: egress, authority })
    const name = await listen(gateway.server, socketOf(context, id))
    if (!watches.has(id)) return gateway.close()
    endOwn(id)
    gateways.set(id, { gateway, name })
  }
  const open: Gateways['open'] = async (context, record) => {
    const { id, egress } = record
    if (egress.mode === 'none' || watches.has(id)) return
    const ensure = async (): Promise<void> => {
      const own = gateways.get(id)
      if (own !== undefined) {
        if ((await readlink(socketOf(context, id))) === own.name) return
        // Another process has given it another policy, under which what was open is not.
        endOwn(id)
      }
      if (await answers(socketOf(context, id))) return
      // Another process may have changed it since.
      await serve(context, await findLiving(context, id))
    }
    // A folder that is gone is a sandbox that has ended elsewhere.
    watches.set(id, setInterval(() => void ensure().catch(() => close(id)), watchMs).unref())
    await ensure()
  }
  return {
    open,
    replace: serve,
    close,
    closeAll: () => [...watches.keys()].forEach(close),
  }
}

function socketOf({ store }: Context, id: string): string {
  return `${sandboxDirectory(store, id)}/egress/egress.sock`
}

async function answers(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
