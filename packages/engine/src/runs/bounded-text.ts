import { concatBytes, decodeText } from '@caisson/core'

/** Collects a stream and keeps its beginning and its end. */
export interface BoundedText {
  readonly add: (bytes: Uint8Array) => void
  readonly totalBytes: () => number
  readonly truncated: () => boolean
  /** Invalid UTF-8 becomes U+FFFD. What was left out is told in the middle. */
  readonly text: () => string
}

/** Keeps `limitBytes`, half of it from the beginning. */
export function createBoundedText(limitBytes: number): BoundedText {
  const headLimit = Math.ceil(limitBytes / 2)
  const tailLimit = limitBytes - headLimit
  const head: Uint8Array[] = []
  let tail: Uint8Array[] = []
  let headBytes = 0
  let tailBytes = 0
  let totalBytes = 0

  const lastOf = (parts: readonly Uint8Array[]) => {
    const whole = concatBytes(parts)
    return whole.subarray(Math.max(0, whole.byteLength - tailLimit))
  }

  return {
    add: (bytes) => {
      totalBytes += bytes.byteLength
      const first = bytes.subarray(0, headLimit - headBytes)
      if (first.byteLength > 0) {
        head.push(first.slice())
        headBytes += first.byteLength
      }
      const rest = bytes.subarray(first.byteLength)
      if (rest.byteLength === 0) return
      tail.push(rest.slice())
      tailBytes += rest.byteLength
      if (tailBytes <= 2 * tailLimit + 65_536) return
      const kept = lastOf(tail)
      tail = [kept]
      tailBytes = kept.byteLength
    },
    totalBytes: () => totalBytes,
    truncated: () => totalBytes > limitBytes,
    text: () => {
      if (totalBytes <= limitBytes) return decodeText(concatBytes([...head, ...tail]))
      const omitted = totalBytes - limitBytes
      return `${withoutCutEnd(concatBytes(head))}\n[${omitted} bytes left out]\n${withoutCutStart(lastOf(tail))}`
    },
  }
}

function withoutCutEnd(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes, { stream: true })
}

function withoutCutStart(bytes: Uint8Array): string {
  let start = 0
  while (start < 3 && start < bytes.byteLength && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1
  return decodeText(bytes.subarray(start))
}
