import { readSync } from 'node:fs'
import { createPumping, type Pumping } from '../process/pump.ts'
import type { OutputStream } from './event-order.ts'
import { createReadableCheck } from './readable.ts'

export interface WrittenTextOptions {
  /** Shows what has been read. To be copied. */
  readonly onBytes: (stream: OutputStream, bytes: Uint8Array) => void
  /** How much has been shown, by the pumps too. */
  readonly shownBytes: () => number
  /** Undefined, or what the pumps wait for. */
  readonly room: () => Promise<void> | undefined
  readonly onCaughtUp: () => void
}

/** What is in the pipes of a kernel's text when it says that a cell is over: written before, and to be told before. */
export interface WrittenText {
  /** Of the pumps that read these pipes all the while. */
  readonly pumping: Readonly<Record<OutputStream, Pumping>>
  /** Takes it. False when a pump may hold back what it has read before: `onCaughtUp` is called when it does not any more. */
  readonly take: () => boolean
}

/** A pipe holds 64 KiB unless user code has made it larger; what goes on being written must not hold up the end of a cell. */
const maxReads = 32
const space = new Uint8Array(64 * 1024)
/** A pump holds back less than this. */
const maxHeldBytes = 1024 * 1024

export function createWrittenText(
  pipes: Readonly<Record<OutputStream, number>>,
  { onBytes, shownBytes, room, onCaughtUp }: WrittenTextOptions,
): WrittenText {
  const pumping = { stdout: createPumping(), stderr: createPumping() }
  const pumps = Object.values(pumping)
  const findReadable = createReadableCheck([pipes.stdout, pipes.stderr])
  let isCatchingUp = false

  function show(stream: OutputStream): number {
    // Its number may mean another file by now.
    if (pumping[stream].isOver) return 0
    const length = readSync(pipes[stream], space)
    onBytes(stream, space.subarray(0, length))
    return length
  }

  async function catchUp(): Promise<void> {
    if (isCatchingUp) return
    isCatchingUp = true
    const before = shownBytes()
    do {
      await room()
      // After that a pump has taken what was read for it while it paused.
      await Bun.sleep(0)
    } while (pumps.some(({ isWaiting, isOver }) => !isWaiting && !isOver) && shownBytes() - before < maxHeldBytes)
    for (const pump of pumps) pump.hasPaused = false
    isCatchingUp = false
    onCaughtUp()
  }

  return {
    pumping,
    take: () => {
      if (pumping.stdout.hasPaused || pumping.stderr.hasPaused) {
        void catchUp()
        return false
      }
      for (let reads = 0; reads < maxReads; reads += 1) {
        let length = 0
        for (const descriptor of findReadable()) length += show(descriptor === pipes.stdout ? 'stdout' : 'stderr')
        if (length === 0) break
      }
      return true
    },
  }
}
