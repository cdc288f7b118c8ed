import { Agent } from 'node:http'
import { Socket } from 'node:net'
import type { Sandbox, SandboxInfo } from '@caisson/core'
import { type DaemonLink, daemonLinkOf } from '@caisson/daemon-client'
import type { SandboxRecord } from './record.ts'

/** A sandbox as this process has it at hand. */
export interface Entry {
  record: SandboxRecord
  readonly sandbox: Sandbox
  readonly link: DaemonLink | undefined
  /** Keeps connections to the daemon. */
  readonly agent: Agent
  /** Ways to break off what clients are in the middle of. */
  readonly clients: Set<() => void>
  /** Whether it is over, or about to be. */
  gone: boolean
  /** What its adapter last said, and when. */
  info: SandboxInfo
  infoAtMs: number
  recordAtMs: number
}

export function createEntry(record: SandboxRecord, sandbox: Sandbox, info: SandboxInfo): Entry {
  const link = daemonLinkOf(sandbox)
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 8 })
  if (link !== undefined) {
    agent.createConnection = () => {
      const connection = link.dial()
      if (connection instanceof Socket) connection.unref()
      return connection
    }
  }
  return {
    record,
    sandbox,
    link,
    agent,
    clients: new Set(),
    gone: false,
    info,
    infoAtMs: Date.now(),
    recordAtMs: Date.now(),
  }
}

/** Breaks off all that clients are in the middle of, without a clean end: so E2B's clients tell that the sandbox stopped. */
export function cutClients(entry: Entry): void {
  for (const cut of entry.clients) cut()
  entry.clients.clear()
  entry.agent.destroy()
}
