import { checkPort, createKeeperPorts, type KeeperProcesses } from '@caisson/keeper'
import type { CallOptions, Ports } from '@caisson/core'
import type { Link } from './link.ts'

/** E2B's own addresses are for HTTP alone, so a connection goes through a program in the sandbox. */
export function createPorts(link: Link, processes: KeeperProcesses, isPublic: boolean): Ports {
  return {
    ...createKeeperPorts(link.adapter, processes),
    ...(isPublic ? { url: async (port: number, options?: CallOptions) => await addressOf(link, port, options) } : {}),
  }
}

async function addressOf(link: Link, port: number, options: CallOptions | undefined): Promise<string> {
  checkPort(link.adapter, port)
  return await link.call('sandbox', options, async (machine) => await Promise.resolve(machine.address(port)))
}
