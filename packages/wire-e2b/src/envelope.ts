import { concatBytes } from '@caisson/core'
import { WireFormatError } from './wire-format-error.ts'

/** One message of a Connect stream: a flag byte and a payload. On the wire a 32-bit big-endian length stands between them. */
export interface Envelope {
  readonly flags: number
  readonly payload: Uint8Array
}

/** Marks the last envelope of a stream; its payload is `{}` or `{"error": …}`. */
export const endStreamFlag = 0x02
const headerBytes = 5

export function encodeEnvelope(payload: Uint8Array, flags = 0): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(headerBytes + payload.byteLength)
  whole[0] = flags
  new DataView(whole.buffer).setUint32(1, payload.byteLength)
  whole.set(payload, headerBytes)
  return whole
}

export interface EnvelopeParser {
  /** Takes the next piece of the stream, split anywhere, and returns the envelopes that it completes. Throws `WireFormatError`. */
  readonly push: (chunk: Uint8Array) => readonly Envelope[]
  /** Says that the stream is over. Throws `WireFormatError` unless its last envelope was the end of the stream. */
  readonly end: () => void
}

/**
 * Reads envelopes of at most `maxPayloadBytes`. A longer one is refused as soon as its header is there; memory is taken only for
 * bytes that have arrived, whatever a header promises.
 */
export function createEnvelopeParser(maxPayloadBytes: number): EnvelopeParser {
  let pending: Uint8Array[] = []
  let pendingBytes = 0
  let header: { flags: number; length: number } | undefined
  let ended = false

  /** Cuts `count` bytes off the front of what is pending. */
  function take(count: number): Uint8Array {
    const whole = pending.length === 1 && pending[0] !== undefined ? pending[0] : concatBytes(pending)
    pending = whole.byteLength > count ? [whole.subarray(count)] : []
    pendingBytes -= count
    return whole.subarray(0, count)
  }

  function readHeader(): { flags: number; length: number } {
    const bytes = take(headerBytes)
    const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes)
    const flags = view.getUint8(0)
    const length = view.getUint32(1)
    if (flags !== 0 && flags !== endStreamFlag) throw new WireFormatError(`an envelope has the unknown flags ${flags}`)
    if (length > maxPayloadBytes)
      throw new WireFormatError(`an envelope of ${length} bytes exceeds the limit of ${maxPayloadBytes}`)
    return { flags, length }
  }

  return {
    push: (chunk) => {
      if (chunk.byteLength === 0) return []
      if (ended) throw new WireFormatError('data follows the end of the stream')
      pending.push(chunk)
      pendingBytes += chunk.byteLength
      const complete: Envelope[] = []
      for (;;) {
        if (header === undefined) {
          if (pendingBytes < headerBytes) break
          header = readHeader()
        }
        if (pendingBytes < header.length) break
        complete.push({ flags: header.flags, payload: take(header.length) })
        ended = header.flags === endStreamFlag
        header = undefined
        if (ended && pendingBytes > 0) throw new WireFormatError('data follows the end of the stream')
      }
      return complete
    },
    end: () => {
      if (!ended) throw new WireFormatError('the stream broke off before its end')
    },
  }
}
