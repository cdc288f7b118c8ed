import { closeSync, readSync } from 'node:fs'
import { errnoOf } from '../errno.ts'
import { notePassed } from '../garbage.ts'

/** Between two breaths, so that a program that writes without end does not keep timers and requests from their turn. */
const breathBytes = 1024 * 1024
/** Of a pipe's size. One for all: whoever is shown bytes copies them before it waits. */
const room = new Uint8Array(64 * 1024)

type OnBytes = (bytes: Uint8Array) => Promise<void> | undefined

/** How far a pump is. Whoever reads from its pipe as well must know that the pump holds nothing back. */
export interface Pumping {
  /** It waits for bytes: none that it has read are left. */
  isWaiting: boolean
  /** It has not taken bytes at once. Stays set until somebody resets it. */
  hasPaused: boolean
  /** The descriptor is closed. */
  isOver: boolean
}

export function createPumping(): Pumping {
  return { isWaiting: false, hasPaused: false, isOver: false }
}

/** Reads a pipe to its end, then closes it. `onBytes` sets the pace, and copies what it keeps. */
export async function pump(descriptor: number | undefined, onBytes: OnBytes, state = createPumping()): Promise<void> {
  if (descriptor === undefined) return
  try {
    if (!(await takeWaiting(descriptor, onBytes))) await follow(descriptor, onBytes, state)
  } finally {
    state.isOver = true
    closeSync(descriptor)
  }
}

/** Takes what is in the pipe, or a breath's worth of it. True when that was all that will ever come. */
async function takeWaiting(descriptor: number, onBytes: OnBytes): Promise<boolean> {
  try {
    for (let taken = 0; taken < breathBytes;) {
      const length = readSync(descriptor, room)
      if (length === 0) return true
      await onBytes(room.subarray(0, length))
      notePassed(length)
      taken += length
    }
    return false
  } catch (error) {
    return errnoOf(error) !== 'EAGAIN'
  }
}

async function follow(descriptor: number, onBytes: OnBytes, state: Pumping): Promise<void> {
  let sinceBreath = 0
  state.isWaiting = true
  try {
    for await (const bytes of Bun.file(descriptor).stream()) {
      state.isWaiting = false
      const pace = onBytes(bytes)
      notePassed(bytes.byteLength)
      sinceBreath += bytes.byteLength
      state.hasPaused ||= pace !== undefined || sinceBreath >= breathBytes
      if (pace !== undefined) await pace
      if (sinceBreath >= breathBytes) {
        sinceBreath = 0
        await Bun.sleep(0)
      }
      state.isWaiting = true
    }
  } catch {
    // What cannot be read any more has ended.
  }
}

const lookMs = 10
/** Looks in a row without a byte after which output counts as over, though something holds the pipes open … */
const quietLooks = 10
/** … and looks after which it does in any case. */
const maxLooks = 50

/**
 * Waits for the rest of the output of a process that has ended: to its end, or a short grace when a background child holds it open. The
 * grace is counted in turns of the event loop and not on a clock: on a machine that is out of breath nothing may get lost either.
 */
export async function drain(output: Promise<unknown>, outputBytes: () => number): Promise<void> {
  let isOver = false
  void output.finally(() => (isOver = true))
  let before = outputBytes()
  for (let quiet = 0, looks = 0; quiet < quietLooks && looks < maxLooks; looks += 1) {
    await Promise.race([output, Bun.sleep(lookMs)])
    if (isOver) return
    quiet = outputBytes() === before ? quiet + 1 : 0
    before = outputBytes()
  }
}
