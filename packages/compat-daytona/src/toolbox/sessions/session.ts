import { concatBytes, decodeText, mib, type Process } from '@caisson/core'
import { DaytonaError } from '../../daytona-error.ts'
import { exitCodeOf } from '../process/run.ts'
import { createSplitter, type Piece, prelude, scriptOf } from './markers.ts'

/** A piece of a command's output. */
export interface Printed {
  readonly stream: 'stdout' | 'stderr'
  readonly bytes: Uint8Array
}

export interface SessionCommand {
  readonly id: string
  readonly text: string
  /** Resolves when its turn has come. */
  readonly begun: PromiseWithResolvers<void>
  /** Absent while it runs or waits for its turn. */
  exitCode?: number
  readonly printed: Printed[]
  keptBytes: number
  /** Told of every piece of output, and of nothing at its end. */
  readonly listeners: Set<(printed: Printed | undefined) => void>
}

/** A shell that lives from command to command. It belongs to the sandbox: its output is found again after a restart of the service. */
export interface Session {
  readonly id: string
  readonly commands: ReadonlyMap<string, SessionCommand>
  readonly isOver: () => boolean
  readonly run: (id: string, text: string) => Promise<SessionCommand>
  readonly end: () => Promise<void>
}

/** Output of one command that is kept; what is over is dropped, though those who follow it see it. */
const keptBytes = 16 * mib

export interface SessionOptions {
  readonly id: string
  /** Stands in the markers. */
  readonly secret: string
  /** A shell that was there before, whose output is replayed. */
  readonly isOld: boolean
}

export async function openSession(process: Process, { id, secret, isOld }: SessionOptions): Promise<Session> {
  const commands = new Map<string, SessionCommand>()
  const streams = { stdout: createSplitter(secret), stderr: createSplitter(secret) }
  const current: Partial<Record<Printed['stream'], SessionCommand>> = {}
  /** Streams on which a command's end was seen: it is over when it was on both. */
  const ended = new Map<string, number>()
  let over = false
  const writer = process.stdin?.getWriter()

  const add = (command: string, text: string): SessionCommand => {
    const known = commands.get(command)
    if (known !== undefined) return known
    const added: SessionCommand = {
      id: command,
      text,
      begun: Promise.withResolvers(),
      printed: [],
      keptBytes: 0,
      listeners: new Set(),
    }
    commands.set(command, added)
    return added
  }

  const finish = (command: SessionCommand, exitCode: number): void => {
    command.exitCode ??= exitCode
    command.begun.resolve()
    for (const listener of command.listeners) listener(undefined)
    command.listeners.clear()
  }

  const take = (stream: Printed['stream'], piece: Piece): void => {
    if (piece instanceof Uint8Array) {
      const command = current[stream]
      if (command === undefined) return
      const printed = { stream, bytes: Uint8Array.from(piece) }
      command.keptBytes += piece.byteLength
      if (command.keptBytes <= keptBytes) command.printed.push(printed)
      for (const listener of command.listeners) listener(printed)
      return
    }
    if (piece.kind === 'begin') {
      const command = add(piece.command, piece.text)
      current[stream] = command
      command.begun.resolve()
      return
    }
    const seen = (ended.get(piece.command) ?? 0) + 1
    ended.set(piece.command, seen)
    const command = commands.get(piece.command)
    if (seen === 2 && command !== undefined) finish(command, piece.exitCode)
  }

  const follow = async (): Promise<void> => {
    try {
      for await (const { stream, bytes } of process.output) {
        const from = stream === 'stderr' ? 'stderr' : 'stdout'
        for (const piece of streams[from](bytes)) take(from, piece)
      }
    } finally {
      over = true
      const exitCode = await process.wait().then(
        ({ outcome }) => exitCodeOf(outcome),
        () => lost,
      )
      for (const command of commands.values()) if (command.exitCode === undefined) finish(command, exitCode)
    }
  }
  // The end of the sandbox ends it too.
  follow().catch(() => undefined)
  if (!isOld) await writer?.write(Buffer.from(prelude))

  return {
    id,
    commands,
    isOver: () => over,
    run: async (command, text) => {
      if (writer === undefined)
        throw new DaytonaError(
          409,
          `session ${id} takes no more commands: its sandbox gives no input to what is found again`,
        )
      const added = add(command, text)
      await writer.write(Buffer.from(scriptOf(secret, command, text)))
      return added
    },
    end: async () => await process.cancel(),
  }
}

const lost = 137

/** Resolves at the command's end. Rejects when the caller has gone. */
export async function whenOver(command: SessionCommand, signal: AbortSignal): Promise<void> {
  if (command.exitCode !== undefined) return
  await new Promise<void>((resolve, reject) => {
    const listener = (printed: Printed | undefined): void => {
      if (printed !== undefined) return
      signal.removeEventListener('abort', leave)
      resolve()
    }
    const leave = (): void => {
      command.listeners.delete(listener)
      reject(new DOMException('the caller has gone', 'AbortError'))
    }
    command.listeners.add(listener)
    signal.addEventListener('abort', leave, { once: true })
  })
}

export function textOf({ printed }: SessionCommand, stream?: Printed['stream']): string {
  const wanted = printed.filter((piece) => stream === undefined || piece.stream === stream)
  return decodeText(concatBytes(wanted.map(({ bytes }) => bytes)))
}
