import type { Journal } from './journal.ts'

/** Somebody who follows the output of a process. */
export interface OutputReader {
  /** How far it has got. */
  position: number
  /** Whether it is waited for. It ceases to be when it is too slow, until it has caught up … */
  keepsPace: boolean
  /** … and for good when it has missed something. */
  hasMissed: boolean
  /** Somebody who is about to connect, and then takes the place of this reader. */
  readonly isExpected: boolean
}

/** A reader that is further behind than this part of the journal is waited for, if it takes … */
const paceWindow = 0.5
/** … this much … */
const paceBytes = 8 * 1024 * 1024
/** … in this time. So a reader that reads as fast as it can misses nothing, and one that stands still holds a process up this long, once. */
const paceMs = 500

/** Holds the output back for readers that keep pace, for as long as `mayWait`. Undefined when there is nothing to wait for. */
export function waitForReaders(
  readers: ReadonlySet<OutputReader>,
  journal: Journal,
  mayWait: () => boolean,
): Promise<void> | undefined {
  const isBehind = (reader: OutputReader): boolean =>
    mayWait() && readers.has(reader) && journal.endOffset - reader.position > journal.limitBytes * paceWindow

  async function waitFor(reader: OutputReader): Promise<void> {
    while (reader.keepsPace && !reader.hasMissed && isBehind(reader)) {
      const { position } = reader
      const endMs = performance.now() + paceMs
      while (isBehind(reader) && performance.now() < endMs) await Bun.sleep(1)
      reader.keepsPace = !isBehind(reader) || reader.position - position >= paceBytes
    }
  }

  const late = [...readers].find((reader) => reader.keepsPace && !reader.hasMissed && isBehind(reader))
  return late === undefined ? undefined : waitFor(late)
}
