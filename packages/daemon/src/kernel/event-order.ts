import type { KernelEvent } from './kernel-event.ts'
import { createTextStream } from './text-stream.ts'

export type OutputStream = 'stdout' | 'stderr'

export interface EventOrderOptions {
  /** What a kernel leaves in both streams before an event, but for the end of a cell, after which it says nothing. */
  readonly mark: Uint8Array
  /** `isFirst`: no event has come before it. */
  readonly onText: (stream: OutputStream, text: string, isFirst: boolean) => void
  readonly onEvent: (event: KernelEvent) => void
  /** Gives `text` what has been written to the streams so far. False when that has to wait; whoever it waits for calls `settle`. */
  readonly takeWritten: () => boolean
}

/** Text and events, which come by different ways, in the order in which the kernel said them. */
export interface EventOrder {
  readonly text: (stream: OutputStream, bytes: Uint8Array) => void
  readonly event: (event: KernelEvent) => void
  /** Tells the events whose turn it is. To be called after the others. */
  readonly settle: () => void
  /** Nothing more will come: tells what was held back. */
  readonly end: () => void
}

/** Text that waits for an event before it; beyond this it is told out of its order. */
const maxEarlyText = 1024 * 1024

export function createEventOrder({ mark, onText, onEvent, takeWritten }: EventOrderOptions): EventOrder {
  const waiting: KernelEvent[] = []
  /** Text that waits for an event before it, in the order in which it was read. */
  const early: { stream: OutputStream; marks: number; text: string }[] = []
  let earlyLength = 0
  /** Events with a mark that have been told. */
  let told = 0

  const stdout = createTextStream(mark, (text) => takeText('stdout', stdout.marks, text))
  const stderr = createTextStream(mark, (text) => takeText('stderr', stderr.marks, text))

  /** Text that came after the mark of an event waits for that event, whose mark on the other stream may not have been read. */
  function takeText(stream: OutputStream, marks: number, text: string): void {
    if (marks <= told) return onText(stream, text, marks === 0)
    earlyLength += text.length
    early.push({ stream, marks, text })
    if (earlyLength > maxEarlyText) tellEarly(Infinity)
  }

  function tellEarly(upTo: number): void {
    if (early.length === 0) return
    for (const { stream, marks, text } of early.splice(0)) {
      if (marks > upTo) early.push({ stream, marks, text })
      else {
        earlyLength -= text.length
        onText(stream, text, marks === 0)
      }
    }
  }

  function tell(event: KernelEvent): void {
    waiting.shift()
    if (event.event !== 'end') told += 1
    onEvent(event)
    tellEarly(told)
  }

  function settle(): void {
    // The marks of events before it come along.
    const hasAll = waiting.at(-1)?.event === 'end' && takeWritten()
    for (let [next] = waiting; next !== undefined; [next] = waiting) {
      const isDue = next.event === 'end' ? hasAll : told < Math.min(stdout.marks, stderr.marks)
      if (!isDue) return
      if (next.event === 'end') for (const stream of [stdout, stderr]) stream.release()
      tell(next)
    }
  }

  return {
    text: (stream, bytes) => (stream === 'stdout' ? stdout : stderr).push(bytes),
    event: (event) => void waiting.push(event),
    settle,
    end: () => {
      stdout.end()
      stderr.end()
      for (let [next] = waiting; next !== undefined; [next] = waiting) tell(next)
      tellEarly(Infinity)
    },
  }
}
