import { type CallOptions, isSandboxError, type OutputChunk, type ProcessResult, SandboxError } from '@caisson/core'
import { type ConnectRequest, processEventSchema, procedures } from '@caisson/wire-e2b'
import type { z } from 'zod'
import type { DaemonCalls } from './daemon-calls.ts'
import { keepRunning } from './keep-running.ts'
import { limits } from './limits.ts'
import { createReadAhead } from './read-ahead.ts'
import { type MessageStream, openMessageStream } from './message-stream.ts'
import { retryWhileUnreachable } from './retry.ts'

type Message = z.output<typeof processEventSchema>
type Data = Extract<Message['event'], { data: unknown }>['data']

export interface OutputSourceOptions {
  readonly pid: number
  /** What is known of the process already, after its start. */
  readonly early?: readonly Message[] | undefined
  /** The stream of `Start` or `Connect`, after its first message. Default: `Connect` is called when it is needed. */
  readonly stream?: MessageStream<Message> | undefined
  readonly fromOffset: number
  /** Told once, when the stream says how the process ended. */
  readonly onResult: (result: ProcessResult) => void
}

export interface OutputSource {
  readonly output: ReadableStream<OutputChunk>
  /**
   * Lets the connection go when nobody is reading: output that is never asked for must not hold one for ever. A later reader gets a new one.
   */
  readonly release: () => void
}

/**
 * The output of one process as a stream that survives lost connections: it is taken up again at the position that was reached. A little
 * is read ahead, so that the connection of a short process is free again at its end. What the daemon says is checked: positions never
 * run backwards and the pid never changes.
 */
export function createOutput(calls: DaemonCalls, options: OutputSourceOptions): OutputSource {
  const { pid, fromOffset, onResult } = options
  const early = options.early ?? []
  let known = 0
  let stream = options.stream
  let position = fromOffset
  let isReleased = false
  let isCancelled = false

  async function resume(): Promise<MessageStream<Message>> {
    const connected = await retryWhileUnreachable(calls, {}, async () => {
      return await connectToProcess(calls, { pid }, position)
    })
    if (connected.pid === pid) return connected.stream
    connected.stream.close()
    throw breach(`process ${pid} came back as ${connected.pid}`)
  }

  function breach(message: string): SandboxError {
    return new SandboxError('protocol', calls.adapter, message)
  }

  function toChunk(data: Data): OutputChunk {
    const [name, base64] =
      data.stdout !== undefined
        ? (['stdout', data.stdout] as const)
        : data.stderr !== undefined
          ? (['stderr', data.stderr] as const)
          : (['terminal', data.pty ?? ''] as const)
    const bytes = new Uint8Array(Buffer.from(base64, 'base64'))
    const offset = data.offset ?? position
    if (offset < position) throw breach(`output at ${offset} comes after output up to ${position}`)
    position = offset + bytes.byteLength
    return { stream: name, offset, bytes }
  }

  /** The next message, from a new connection if there is none or the old one is lost. */
  async function next(): Promise<Message['event']> {
    const event = early[known]?.event
    known += 1
    if (event !== undefined) return event
    for (let losses = 0; ; losses += 1) {
      stream ??= await resume()
      try {
        const message = await stream.next()
        if (message === undefined) throw breach('the stream of a process ended before the process')
        return message.event
      } catch (error) {
        stream.close()
        stream = undefined
        const isLost = isSandboxError(error) && error.code === 'unavailable'
        if (!isLost || isCancelled || losses >= limits.resumeAttempts) throw error
      }
    }
  }

  /** The piece that an event brings. */
  function digest(event: Message['event']): OutputChunk | undefined {
    if ('data' in event) {
      const chunk = toChunk(event.data)
      return chunk.bytes.byteLength > 0 ? chunk : undefined
    }
    if ('end' in event) {
      const result = event.end.caisson
      if (result === undefined || result.outputBytes < position)
        throw breach('a process ended without a true account of itself')
      onResult(result)
    }
    return undefined
  }

  /** The next piece, or `undefined` at the end of the process. */
  async function take(): Promise<OutputChunk | undefined> {
    for (;;) {
      const event = await next()
      const chunk = digest(event)
      if (chunk !== undefined) return chunk
      if ('end' in event) {
        // The end of the stream follows; reading it frees the connection for the next call.
        void stream?.next().catch(() => undefined)
        return undefined
      }
    }
  }

  /** The output of a process that is over, at once: most processes are short, and this costs a tenth of reading ahead. */
  function outputOfWhole(): ReadableStream<OutputChunk> {
    return new ReadableStream<OutputChunk>({
      start: (controller) => {
        try {
          for (const { event } of early) {
            const chunk = digest(event)
            if (chunk !== undefined) controller.enqueue(chunk)
          }
          controller.close()
        } catch (error) {
          controller.error(error)
        }
      },
    })
  }

  const last = early.at(-1)
  if (last !== undefined && 'end' in last.event) return { output: outputOfWhole(), release: () => undefined }

  const ahead = createReadAhead(take, ({ bytes }) => bytes.byteLength, closeIfIdle)

  function closeIfIdle(): void {
    if (!isReleased || !ahead.isFull()) return
    stream?.close()
    stream = undefined
  }

  return {
    output: new ReadableStream<OutputChunk>(
      {
        pull: async (controller) => {
          // Reading keeps the program running, and reading ahead does not.
          using _ = keepRunning()
          const chunk = await ahead.next()
          if (chunk === undefined) controller.close()
          else controller.enqueue(chunk)
        },
        cancel: () => {
          isCancelled = true
          ahead.stop()
          stream?.close()
        },
      },
      { highWaterMark: 0 },
    ),
    release: () => {
      isReleased = true
      closeIfIdle()
    },
  }
}

export interface ConnectedProcess {
  readonly pid: number
  /** What it takes as input. Absent where it takes none, or where the daemon does not say. */
  readonly input: 'stdin' | 'pty' | undefined
  readonly stream: MessageStream<Message>
}

/** Finds a process again and replays its output from a position on. */
export async function connectToProcess(
  calls: DaemonCalls,
  process: ConnectRequest['process'],
  fromOffset: number,
  options: CallOptions = {},
): Promise<ConnectedProcess> {
  const request: ConnectRequest = { process, caisson: { fromOffset: String(fromOffset) } }
  return await openProcessStream(calls, procedures.connect, request, { ...options, subject: 'process' })
}

/** Opens the stream of `Start` or `Connect`, whose first message names the process. */
export async function openProcessStream(
  calls: DaemonCalls,
  path: string,
  message: object,
  options: CallOptions & { readonly user?: string | undefined; readonly subject: 'process' | 'path' },
): Promise<ConnectedProcess> {
  const { first, stream } = await openMessageStream(calls, { path, message, schema: processEventSchema }, options)
  if ('start' in first.event) {
    const { pid, caisson } = first.event.start
    return { pid, input: caisson?.input, stream }
  }
  stream.close()
  throw new SandboxError('protocol', calls.adapter, 'the stream of a process does not begin with its start')
}
