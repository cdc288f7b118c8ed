import type { Follower } from './follow.ts'

/** One request carries so much; the sandbox holds so much that the process has not taken. */
const pieceBytes = 96 * 1024
const mostUntaken = 1024 * 1024

/** The standard input of a process. Waits for the process to take what it was given. */
export function createInput(follower: Follower): WritableStream<Uint8Array> {
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
  const isFull = (): boolean => untaken >= mostUntaken && !follower.isOver()
  async function room(): Promise<void> {
    while (isFull()) await new Promise<void>((resolve) => (wake = resolve))
  }
  return new WritableStream({
    write: async (bytes) => {
      for (let at = 0; at < bytes.byteLength && !follower.isOver(); at += pieceBytes) {
        await room()
        const piece = bytes.subarray(at, at + pieceBytes)
        untaken += piece.byteLength
        await follower.tell(`i${Buffer.from(piece).toString('base64')}`)
      }
    },
    close: async () => await follower.tell('e'),
  })
}
