import { randomUUID } from 'node:crypto'
import type { FileEvent, FileWatch } from '@caisson/core'
import { ConnectError } from '@caisson/wire-e2b'

/** Watches that clients fetch from instead of holding a stream. */
export interface Watchers {
  readonly add: (watch: FileWatch) => string
  /** The events since the last time. */
  readonly take: (id: string) => readonly FileEvent[]
  readonly remove: (id: string) => Promise<void>
}

const mostWatchers = 64
/** Events beyond this that nobody has fetched end a watch instead of filling memory. */
const mostEvents = 10_000

interface Kept {
  readonly watch: FileWatch
  events: FileEvent[]
  failure: unknown
}

export function createWatchers(): Watchers {
  const kept = new Map<string, Kept>()

  const find = (id: string): Kept => {
    const found = kept.get(id)
    if (found === undefined) throw new ConnectError('not_found', `there is no watcher '${id}'`)
    return found
  }

  const collect = async (one: Kept): Promise<void> => {
    for await (const event of one.watch) {
      if (one.events.length >= mostEvents)
        throw new ConnectError('resource_exhausted', 'events came faster than they were fetched')
      one.events.push(event)
    }
  }

  return {
    add: (watch) => {
      if (kept.size >= mostWatchers) throw new ConnectError('resource_exhausted', `there are ${mostWatchers} watchers`)
      const id = randomUUID()
      const one: Kept = { watch, events: [], failure: undefined }
      kept.set(id, one)
      collect(one).catch(async (error: unknown) => {
        one.failure = error
        await watch[Symbol.asyncDispose]()
      })
      return id
    },
    take: (id) => {
      const one = find(id)
      const { events } = one
      one.events = []
      if (events.length === 0 && one.failure !== undefined) throw one.failure
      return events
    },
    remove: async (id) => {
      const { watch } = find(id)
      kept.delete(id)
      await watch[Symbol.asyncDispose]()
    },
  }
}
