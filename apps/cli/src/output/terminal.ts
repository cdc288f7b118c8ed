import { createColors } from 'picocolors'
import { wantsColor } from '../config.ts'

/** Where the command line writes. */
export interface Terminal {
  readonly out: (data: string | Uint8Array) => void
  readonly err: (data: string | Uint8Array) => void
  /** Whether a person looks at standard error, where progress goes. */
  readonly isInteractive: boolean
  readonly columns: number
  readonly colors: ReturnType<typeof createColors>
}

export function systemTerminal(): Terminal {
  const { stdout, stderr } = process
  // A reader that has seen enough, as `head` does, is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
  })
  return {
    out: (data) => void stdout.write(data),
    err: (data) => void stderr.write(data),
    isInteractive: stderr.isTTY,
    columns: stdout.columns ?? 120,
    colors: createColors(wantsColor(stdout.isTTY && stderr.isTTY)),
  }
}
