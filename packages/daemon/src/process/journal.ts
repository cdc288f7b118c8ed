export type OutputStream = 'stdout' | 'stderr' | 'pty'

/** A run of output bytes of one stream. */
export interface Piece {
  readonly stream: OutputStream
  /** Position of the first byte among all output of the process. */
  readonly offset: number
  readonly bytes: Uint8Array
}

const nothing = new Uint8Array()

interface Segment {
  readonly stream: OutputStream
  readonly offset: number
  buffer: Uint8Array
  length: number
}

/** What a segment costs besides its buffer, so that output in single bytes cannot take unbounded memory. */
const segmentOverheadBytes = 160
/** A journal of this many segments at least, so that room for a new one never costs all that is held. */
const minSegments = 8
const maxSegmentBytes = 64 * 1024
const minJournalBytes = 16 * 1024
const smallBytes = 4 * 1024

export interface Journal {
  /** Position after the last byte. */
  readonly endOffset: number
  /** Memory that it may take. */
  readonly limitBytes: number
  /** Memory that it takes. */
  readonly costBytes: number
  readonly append: (stream: OutputStream, bytes: Uint8Array) => void
  /** The first piece that is held at or after a position; undefined when there is none. */
  readonly read: (offset: number) => Piece | undefined
  /** Forgets the oldest output until it costs no more than this. */
  readonly shrink: (maxCostBytes: number) => void
}

/** Keeps the latest output of one process, within `wantedBytes` of memory or a small minimum. */
export function createJournal(wantedBytes: number): Journal {
  const limitBytes = Math.max(wantedBytes, minJournalBytes)
  const segmentBytes = Math.min(Math.floor(limitBytes / minSegments) - segmentOverheadBytes, maxSegmentBytes)
  let segments: Segment[] = []
  let head = 0
  let endOffset = 0
  let costBytes = 0

  function shrink(maxCostBytes: number): void {
    while (costBytes > maxCostBytes) {
      const oldest = segments[head]
      if (oldest === undefined) break
      costBytes -= oldest.buffer.byteLength + segmentOverheadBytes
      // The entry itself goes later, with many others.
      oldest.buffer = nothing
      head += 1
    }
    if (head > 512 && head * 2 > segments.length) {
      segments = segments.slice(head)
      head = 0
    }
  }

  /** Puts a small piece behind the last one of its stream, so that a program that writes byte by byte costs little. */
  function coalesce(stream: OutputStream, bytes: Uint8Array): boolean {
    const last = head < segments.length ? segments.at(-1) : undefined
    if (last === undefined || last.stream !== stream) return false
    const length = last.length + bytes.byteLength
    if (length > last.buffer.byteLength) {
      if (length > segmentBytes) return false
      const grown = new Uint8Array(Math.min(segmentBytes, Math.max(length, last.buffer.byteLength * 2)))
      grown.set(last.buffer.subarray(0, last.length))
      costBytes += grown.byteLength - last.buffer.byteLength
      last.buffer = grown
    }
    last.buffer.set(bytes, last.length)
    last.length = length
    return true
  }

  return {
    limitBytes,
    get endOffset() {
      return endOffset
    },
    get costBytes() {
      return costBytes
    },
    append: (stream, bytes) => {
      for (let start = 0; start < bytes.byteLength; start += segmentBytes) {
        const part = bytes.subarray(start, start + segmentBytes)
        if (part.byteLength >= smallBytes || !coalesce(stream, part)) {
          segments.push({ stream, offset: endOffset, buffer: part.slice(), length: part.byteLength })
          costBytes += part.byteLength + segmentOverheadBytes
        }
        endOffset += part.byteLength
      }
      shrink(limitBytes)
    },
    read: (offset) => {
      let low = head
      let high = segments.length
      while (low < high) {
        const middle = (low + high) >> 1
        const segment = segments[middle]
        if (segment !== undefined && segment.offset + segment.length <= offset) low = middle + 1
        else high = middle
      }
      const segment = segments[low]
      if (segment === undefined) return undefined
      const skipped = Math.max(0, offset - segment.offset)
      return {
        stream: segment.stream,
        offset: segment.offset + skipped,
        bytes: segment.buffer.subarray(skipped, segment.length),
      }
    },
    shrink,
  }
}
