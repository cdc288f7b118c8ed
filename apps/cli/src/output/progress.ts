import type { Terminal } from './terminal.ts'

/** One line on standard error that says what is going on, for a person who looks. */
export interface Progress {
  readonly show: (text: string) => void
  readonly clear: () => void
}

const eraseLine = '\r\u001B[2K'

export function createProgress(terminal: Terminal, enabled: boolean): Progress {
  if (!enabled || !terminal.isInteractive) return { show: () => {}, clear: () => {} }
  let shown = false
  const clear = () => {
    if (shown) terminal.err(eraseLine)
    shown = false
  }
  return {
    show: (text) => {
      clear()
      terminal.err(terminal.colors.dim(text.slice(0, terminal.columns - 1)))
      shown = true
    },
    clear,
  }
}
