import { closeSync, writeSync } from 'node:fs'
import { ConnectError } from '@caisson/wire-e2b'
import { errnoOf } from '../errno.ts'

/** Standard input of a process. */
export interface ProcessInput {
  /** Resolves when the process's pipe or terminal has taken the bytes; that is how a slow process slows its writer. */
  readonly write: (bytes: Uint8Array) => Promise<void>
  /** End of file. Idempotent. */
  readonly close: () => Promise<void>
  /** Lets go of what it holds, when the process is over. */
  readonly dispose: () => void
}

/** Input through the writing end of a pipe, which it owns. Writes go in the order in which they were asked for. No pipe, no input. */
export function createPipeInput(descriptor: number | undefined): ProcessInput | undefined {
  if (descriptor === undefined) return undefined
  /** For what the pipe does not take at once: it waits for room. */
  let sink: Bun.FileSink | undefined
  let last: Promise<unknown> = Promise.resolve()
  let underWay = 0
  let open = true

  const writeNow = async (bytes: Uint8Array): Promise<void> => {
    if (!open) throw new ConnectError('failed_precondition', 'standard input is closed', 'EPIPE')
    try {
      const rest = bytes.subarray(writeAtOnce(descriptor, bytes))
      if (rest.byteLength === 0) return
      sink ??= Bun.file(descriptor).writer()
      await sink.write(rest)
      await sink.flush()
    } catch (error) {
      if (errnoOf(error) !== 'EPIPE') throw error
      throw new ConnectError('failed_precondition', 'the process has closed its standard input', 'EPIPE')
    }
  }

  const release = async (): Promise<void> => {
    if (!open) return
    open = false
    try {
      await sink?.end()
    } catch {
      // What the process did not want to read is nobody's loss.
    }
    try {
      closeSync(descriptor)
    } catch {
      // The sink has closed it.
    }
  }

  const inTurn = async (action: () => Promise<void>): Promise<void> => {
    const turn = underWay === 0 ? action() : last.then(action)
    underWay += 1
    const after = () => void (underWay -= 1)
    last = turn.then(after, after)
    await turn
  }

  return {
    write: async (bytes) => await inTurn(async () => await writeNow(bytes)),
    close: async () => await inTurn(release),
    dispose: () => void release(),
  }
}

/** How many bytes the pipe has taken. */
function writeAtOnce(descriptor: number, bytes: Uint8Array): number {
  try {
    return writeSync(descriptor, bytes)
  } catch (error) {
    if (errnoOf(error) === 'EAGAIN') return 0
    throw error
  }
}

const endOfTransmission = Uint8Array.of(4)

/** Input through a terminal. End of file is the character that means it. */
export function createTerminalInput(terminal: Bun.Terminal): ProcessInput {
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (terminal.closed) throw new ConnectError('failed_precondition', 'the terminal is closed', 'EPIPE')
    terminal.write(Uint8Array.from(bytes))
  }
  return {
    write,
    close: async () => {
      if (!terminal.closed) await write(endOfTransmission)
    },
    dispose: () => terminal.close(),
  }
}
