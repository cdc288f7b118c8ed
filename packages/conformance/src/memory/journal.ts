import type { OutputChunk } from '@caisson/core'
import { createWake } from './wake.ts'

/** The latest output of a process, kept for readers that come at any time. */
export interface Journal {
  readonly append: (stream: OutputChunk['stream'], bytes: Uint8Array) => void
  readonly close: () => void
  readonly fail: (error: unknown) => void
  readonly totalBytes: () => number
  readonly read: (fromOffset: number) => ReadableStream<OutputChunk>
}

export function createJournal(capacityBytes: number): Journal {
  const chunks: OutputChunk[] = []
  const wake = createWake()
  let total = 0
  let kept = 0
  let end: 'open' | 'closed' | { readonly error: unknown } = 'open'

  const trim = (): void => {
    while (kept > capacityBytes) {
      const oldest = chunks[0]
      if (oldest === undefined) return
      const surplus = Math.min(kept - capacityBytes, oldest.bytes.byteLength)
      kept -= surplus
      if (surplus === oldest.bytes.byteLength) chunks.shift()
      else chunks[0] = { ...oldest, offset: oldest.offset + surplus, bytes: oldest.bytes.subarray(surplus) }
    }
  }

  const next = (position: number): OutputChunk | undefined => {
    let low = 0
    let high = chunks.length
    while (low < high) {
      const middle = (low + high) >> 1
      const chunk = chunks[middle]
      if (chunk !== undefined && chunk.offset + chunk.bytes.byteLength <= position) low = middle + 1
      else high = middle
    }
    const chunk = chunks[low]
    if (chunk === undefined || chunk.offset >= position) return chunk
    return { ...chunk, offset: position, bytes: chunk.bytes.subarray(position - chunk.offset) }
  }

  const finish = (how: typeof end): void => {
    if (end === 'open') end = how
    wake.all()
  }

  return {
    append: (stream, bytes) => {
      if (end !== 'open' || bytes.byteLength === 0) return
      chunks.push({ stream, offset: total, bytes })
      total += bytes.byteLength
      kept += bytes.byteLength
      trim()
      wake.all()
    },
    close: () => finish('closed'),
    fail: (error) => finish({ error }),
    totalBytes: () => total,
    read: (fromOffset) => {
      let position = fromOffset
      return new ReadableStream<OutputChunk>(
        {
          pull: async (controller) => {
            for (;;) {
              const chunk = next(position)
              if (chunk !== undefined) {
                position = chunk.offset + chunk.bytes.byteLength
                controller.enqueue(chunk)
                return
              }
              if (end === 'closed') {
                controller.close()
                return
              }
              if (end !== 'open') throw end.error
              await wake.wait()
            }
          },
        },
        { highWaterMark: 0 },
      )
    },
  }
}
