import type { IncomingMessage } from 'node:http'

/**
 * Reads the body of an answer in pieces: each call gives the next, `undefined` at the proper end, and rejects when the connection broke off. Nothing is read
 * before it is asked for. One call at a time. The async iterator of Node's streams does the same for several times the work.
 */
export function bodyPieces(response: IncomingMessage): () => Promise<Uint8Array | undefined> {
  let wake: () => void = () => undefined
  const onChange = (): void => wake()
  for (const event of ['readable', 'end', 'close'] as const) response.on(event, onChange)
  return async () => {
    for (;;) {
      const piece: unknown = response.read()
      if (piece instanceof Uint8Array) return piece
      if (response.readableEnded) return undefined
      if (response.destroyed) throw response.errored ?? new Error('the connection broke off')
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
}
