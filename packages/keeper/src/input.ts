import type { Follower } from './follow.ts'

/** One request carries so much; the sandbox holds so much that the process has not taken. */
const pieceBytes = 96 * 1024
export const mostUntaken = 1024 * 1024

/**
 * The standard input of a process. Waits for the process to take what it was given: a write is over when no more than `leftBytes` are still on their way. What is on its
 * way is lost when the handle is detached.
 */
export function createInput(follower: Follower, leftBytes = 0): WritableStream<Uint8Array> {
  let untaken = 0
  let wake = (): void => undefined
  follower.onInputTaken((bytes) => {
    untaken = Math.max(0, untaken - bytes)
    wake()
  })
  follower.result.then(
    () => wake(),
    () => wake(),
  )
  const hasMoreThan = (bytes: number): boolean => untaken > bytes && !follower.isOver()
  async function untilLeft(bytes: number): Promise<void> {
    while (hasMoreThan(bytes)) await new Promise<void>((resolve) => (wake = resolve))
  }
  return new WritableStream({
    write: async (bytes) => {
      for (let at = 0; at < bytes.byteLength && !follower.isOver(); at += pieceBytes) {
        await untilLeft(mostUntaken - 1)
        const piece = bytes.subarray(at, at + pieceBytes)
        untaken += piece.byteLength
        await follower.tell(`i${Buffer.from(piece).toString('base64')}`)
      }
      await untilLeft(leftBytes)
    },
    close: async () => await follower.tell('e'),
  })
}
