import { limits } from './limits.ts'

/** Takes pieces from a source before they are asked for, up to `limits.bufferedOutputBytes`. */
export interface ReadAhead<Piece> {
  /** The next piece; `undefined` when the source gave that. Rejects with what the source rejected with, after all that came before. One call at a time. */
  readonly next: () => Promise<Piece | undefined>
  /** Whether it has stopped taking until somebody asks. */
  readonly isFull: () => boolean
  /** Nothing is taken or given any more. */
  readonly stop: () => void
}

/** What is held for a piece besides its bytes, so that very small ones cannot take unbounded memory. */
const overheadBytes = 256

/** Starts at once. `onPause` is told each time it stops taking. */
export function createReadAhead<Piece>(
  take: () => Promise<Piece | undefined>,
  bytesOf: (piece: Piece) => number,
  onPause: () => void,
): ReadAhead<Piece> {
  const waiting: Piece[] = []
  let waitingBytes = 0
  let isTaking = false
  let end: { readonly error?: unknown } | undefined
  let wake: () => void = () => undefined

  const isDry = (): boolean => waiting.length === 0 && end === undefined
  const isFull = (): boolean => waitingBytes >= limits.bufferedOutputBytes

  async function fill(): Promise<void> {
    if (isTaking) return
    isTaking = true
    while (end === undefined && !isFull()) {
      try {
        const piece = await take()
        if (piece === undefined) end ??= {}
        else {
          waiting.push(piece)
          waitingBytes += bytesOf(piece) + overheadBytes
        }
      } catch (error) {
        end ??= { error }
      }
      wake()
    }
    isTaking = false
    onPause()
  }

  // Not at once, so that the caller has what `onPause` needs.
  queueMicrotask(() => void fill())
  return {
    next: async () => {
      while (isDry()) await new Promise<void>((resolve) => (wake = resolve))
      const piece = waiting.shift()
      if (piece !== undefined) {
        waitingBytes -= bytesOf(piece) + overheadBytes
        void fill()
        return piece
      }
      if (end?.error !== undefined) throw end.error
      return undefined
    },
    isFull: () => !isTaking && isFull(),
    stop: () => {
      end ??= {}
      waiting.length = 0
      wake()
    },
  }
}
