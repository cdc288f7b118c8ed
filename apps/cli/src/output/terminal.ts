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

/** `onDeaf` is called once when the reader of standard output has seen enough, as `head` has. What is written from then on is lost. */
export function systemTerminal(onDeaf: () => void): Terminal {
  const { stdout, stderr } = process
  stdout.once('error', onDeaf)
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined)
  return {
    out: (data) => void stdout.write(data),
    err: (data) => void stderr.write(data),
    isInteractive: stderr.isTTY,
    columns: stdout.columns ?? 120,
    colors: createColors(wantsColor(stdout.isTTY && stderr.isTTY)),
  }
}
