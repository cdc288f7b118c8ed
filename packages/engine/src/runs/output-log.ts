import { type Clock, concatBytes, type OrganizationId, type OutputChunk, type RunId } from '@caisson/core'
import type { EventStore, NewRunEvent } from '../ports/event-store.ts'

/** Chunks of output on their way into the event store. */
export interface OutputLog {
  /** Resolves when more can be taken, so that a fast process is slowed instead of filling the memory. */
  readonly write: (source: string, chunk: OutputChunk) => Promise<void>
  /** Resolves when all that was written is stored. */
  readonly flush: () => Promise<void>
  /** How many bytes of this source were stored through this object. */
  readonly storedBytes: (source: string) => number
}

export interface OutputLogOptions {
  readonly events: EventStore
  readonly organization: OrganizationId
  readonly run: RunId
  readonly clock: Clock
  /** What is above is not stored. */
  readonly keptBytes: number
}

const maxPendingBytes = 1024 * 1024
const maxEventBytes = 64 * 1024
const maxEvents = 50_000
/** At most so often is anything appended, so that a process that drips does not become one event per byte. */
const intervalMs = 10

type OutputEvent = Extract<NewRunEvent, { type: 'output' }>

interface Pending {
  readonly source: string
  readonly chunk: OutputChunk
}

/**
 * Stores the first `keptBytes` of a run's output, in `maxEvents` events at most. What is dropped shows as a jump in `offset`, and in the
 * value of the run.
 */
export function createOutputLog({ events, organization, run, clock, keptBytes }: OutputLogOptions): OutputLog {
  let room: { bytes: number; events: number } | undefined
  let pending: Pending[] = []
  let pendingBytes = 0
  let flushing: Promise<void> | undefined
  let failure: unknown
  let hurry: (() => void) | undefined
  const stored = new Map<string, number>()

  const pause = async () => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, intervalMs)
      hurry = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
  const drain = async () => {
    if (room === undefined) {
      const { storedBytes, lastSequence } = await events.position(organization, run, '')
      room = { bytes: keptBytes - storedBytes, events: maxEvents - lastSequence }
    }
    while (pending.length > 0) {
      const batch = pending
      pending = []
      pendingBytes = 0
      const fresh = toEvents(batch, room, clock.now())
      if (fresh.length > 0) {
        await events.append(organization, run, fresh)
        for (const event of fresh) {
          stored.set(event.source, (stored.get(event.source) ?? 0) + Buffer.byteLength(event.base64, 'base64'))
        }
        await pause()
      }
    }
  }
  const start = () => {
    flushing ??= drain()
      .catch((error: unknown) => {
        failure ??= error
      })
      .finally(() => {
        flushing = undefined
      })
  }
  const flush = async (): Promise<void> => {
    if (failure !== undefined) throw failure
    if (flushing === undefined && pending.length === 0) return
    start()
    hurry?.()
    await flushing
    await flush()
  }

  return {
    write: async (source, chunk) => {
      if (failure !== undefined) throw failure
      if (room !== undefined && (room.bytes <= 0 || room.events <= 0)) return
      pending.push({ source, chunk })
      pendingBytes += chunk.bytes.byteLength
      start()
      if (pendingBytes >= maxPendingBytes) await flush()
    },
    flush,
    storedBytes: (source) => stored.get(source) ?? 0,
  }
}

/** Joins neighbours, splits what is large, and takes what fits from `room`. */
function toEvents(
  batch: readonly Pending[],
  room: { bytes: number; events: number },
  atMs: number,
): readonly OutputEvent[] {
  const events: OutputEvent[] = []
  for (const { source, stream, offset, bytes } of joined(batch)) {
    for (let start = 0; start < bytes.byteLength; start += maxEventBytes) {
      if (room.bytes <= 0 || room.events <= 0) return events
      const part = bytes.subarray(start, start + Math.min(maxEventBytes, room.bytes))
      room.bytes -= part.byteLength
      room.events -= 1
      const base64 = Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64')
      events.push({ type: 'output', atMs, source, stream, offset: offset + start, base64 })
    }
  }
  return events
}

function joined(batch: readonly Pending[]): readonly (OutputChunk & { readonly source: string })[] {
  const groups: { readonly first: Pending; readonly parts: Uint8Array[]; end: number }[] = []
  for (const item of batch) {
    const { source, chunk } = item
    const last = groups.at(-1)
    const end = chunk.offset + chunk.bytes.byteLength
    if (last?.first.source === source && last.first.chunk.stream === chunk.stream && last.end === chunk.offset) {
      last.parts.push(chunk.bytes)
      last.end = end
    } else {
      groups.push({ first: item, parts: [chunk.bytes], end })
    }
  }
  return groups.map(({ first: { source, chunk }, parts }) => {
    const { stream, offset } = chunk
    return { source, stream, offset, bytes: concatBytes(parts) }
  })
}
