/** The parts of a socket that writing needs. */
export interface Sink {
  readonly write: (bytes: Uint8Array) => number
  readonly shutdown: () => void
}

/** Writes to a socket that takes only as much as its buffer has room for. */
export interface Outlet {
  /** False when something had to be kept: stop reading from the source until `drain` says true. */
  readonly write: (bytes: Uint8Array) => boolean
  /** To be called when the socket has room again. True when nothing is kept any more. */
  readonly drain: () => boolean
  /** End of file, after everything that is kept. */
  readonly end: () => void
}

export function createOutlet(sink: Sink): Outlet {
  let kept: Uint8Array[] = []
  let ending = false

  function drain(): boolean {
    while (kept[0] !== undefined) {
      const written = sink.write(kept[0])
      if (written < kept[0].byteLength) {
        kept[0] = kept[0].subarray(Math.max(written, 0))
        return false
      }
      kept = kept.slice(1)
    }
    if (ending) sink.shutdown()
    return true
  }

  return {
    // The caller's buffer is used again once it returns.
    write: (bytes) => {
      kept.push(bytes.slice())
      return drain()
    },
    drain,
    end: () => {
      ending = true
      if (kept.length === 0) sink.shutdown()
    },
  }
}
