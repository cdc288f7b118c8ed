import type { OrganizationId, RunEvent, RunId } from '@caisson/core'
import type { EventStore } from '../ports/event-store.ts'

interface Log {
  readonly events: RunEvent[]
  readonly offsets: Map<string, number>
  storedBytes: number
  readonly waiting: Set<() => void>
}

export function createMemoryEventStore(): EventStore {
  const logs = new Map<string, Log>()
  const logOf = (organization: OrganizationId, run: RunId): Log => {
    const key = `${organization}/${run}`
    const existing = logs.get(key)
    if (existing !== undefined) return existing
    const log: Log = { events: [], offsets: new Map(), storedBytes: 0, waiting: new Set() }
    logs.set(key, log)
    return log
  }

  return {
    append: async (organization, run, events) => {
      const log = logOf(organization, run)
      for (const event of events) {
        log.events.push({ ...event, sequence: log.events.length + 1 })
        if (event.type !== 'output') continue
        const bytes = Buffer.byteLength(event.base64, 'base64')
        log.storedBytes += bytes
        log.offsets.set(event.source, event.offset + bytes)
      }
      for (const wake of log.waiting) wake()
      return log.events.length
    },
    read: async (organization, run, { after, limit }) => logOf(organization, run).events.slice(after, after + limit),
    position: async (organization, run, source) => {
      const log = logOf(organization, run)
      return {
        lastSequence: log.events.length,
        storedBytes: log.storedBytes,
        nextOffset: log.offsets.get(source) ?? 0,
      }
    },
    waitForMore: async (organization, run, { after, timeoutMs, signal }) => {
      const log = logOf(organization, run)
      if (log.events.length > after || signal?.aborted === true) return
      await new Promise<void>((resolve) => {
        const finish = () => {
          log.waiting.delete(finish)
          signal?.removeEventListener('abort', finish)
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(finish, timeoutMs)
        log.waiting.add(finish)
        signal?.addEventListener('abort', finish, { once: true })
      })
    },
  }
}
