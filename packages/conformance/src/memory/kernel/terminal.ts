import { concatBytes, encodeText, type TerminalSize } from '@caisson/core'
import { createWake } from '../wake.ts'
import type { Stream } from './open-file.ts'
import type { SignalName } from './signals.ts'

/** A terminal in its usual (cooked) mode: lines are edited and echoed, control characters become signals. */
export interface Terminal {
  /** The side of the program. */
  readonly stream: Stream
  /** What the person types. */
  readonly type: (bytes: Uint8Array) => void
  readonly hangUp: () => void
  size: TerminalSize
  echo: boolean
}

const control = { interrupt: 3, endOfFile: 4, backspace: 8, newline: 10, carriageReturn: 13, quit: 28, erase: 127 }

export function createTerminal(
  size: TerminalSize,
  emit: (bytes: Uint8Array) => void,
  signal: (name: SignalName) => void,
  closed: () => void,
): Terminal {
  const ready: Uint8Array[] = []
  const changed = createWake()
  let line: number[] = []
  let over = false

  const flush = (): void => {
    ready.push(Uint8Array.from(line))
    line = []
    changed.all()
  }
  const show = (bytes: readonly number[]): void => {
    if (terminal.echo) emit(Uint8Array.from(bytes))
  }
  const typed = (byte: number): void => {
    if (byte === control.interrupt || byte === control.quit) {
      line = []
      show([...encodeText(byte === control.interrupt ? '^C' : '^\\'), control.carriageReturn, control.newline])
      signal(byte === control.interrupt ? 'SIGINT' : 'SIGQUIT')
    } else if (byte === control.endOfFile) {
      flush()
    } else if (byte === control.erase || byte === control.backspace) {
      if (line.pop() !== undefined) show([control.backspace, 32, control.backspace])
    } else if (byte === control.carriageReturn || byte === control.newline) {
      line.push(control.newline)
      show([control.carriageReturn, control.newline])
      flush()
    } else {
      line.push(byte)
      show([byte])
    }
  }

  const terminal: Terminal = {
    size,
    echo: true,
    type: (bytes) => bytes.forEach(typed),
    hangUp: () => {
      over = true
      changed.all()
    },
    stream: {
      read: async (maxBytes) => {
        for (;;) {
          const first = ready.shift()
          if (first !== undefined) {
            if (first.byteLength > maxBytes) ready.unshift(first.subarray(maxBytes))
            // An empty line is the end of file that was typed.
            return first.byteLength === 0 ? undefined : first.subarray(0, maxBytes)
          }
          if (over) return undefined
          await changed.wait()
        }
      },
      write: async (bytes) => {
        emit(withCarriageReturns(bytes))
        await Promise.resolve()
      },
      close: closed,
      get terminal() {
        return terminal
      },
    },
  }
  return terminal
}

function withCarriageReturns(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = []
  const lineEnd = encodeText('\r\n')
  let start = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, start)) {
    parts.push(bytes.subarray(start, at), lineEnd)
    start = at + 1
  }
  return concatBytes([...parts, bytes.subarray(start)])
}
