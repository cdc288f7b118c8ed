import type { CallOptions } from '@caisson/core'
import { decodeJson, launchesPath, launchMessageBytes, WireFormatError } from '@caisson/wire-e2b'
import type { WebSocket } from 'ws'
import type { z } from 'zod'
import { createCallScope } from './call-scope.ts'
import { detachFromLoop } from './channel.ts'
import type { DaemonCalls } from './daemon-calls.ts'
import { keepRunning } from './keep-running.ts'
import { limits } from './limits.ts'
import { openWebSocket } from './open-web-socket.ts'

/** What has more characters goes by itself, so that it does not stand in the way of others. JSON makes up to eight bytes of one. */
export const longestLaunch = launchMessageBytes / 8

/** One connection to the daemon that is kept, for questions that have one answer each. It does not keep the program running: waiting for an answer does. */
export interface Line {
  /** `late` is told the answer to a question that its caller has given up. */
  readonly ask: <Schema extends z.ZodType>(
    question: object,
    schema: Schema,
    options: CallOptions,
    late?: (answer: z.output<Schema>) => void,
  ) => Promise<z.output<Schema>>
}

interface Waiting {
  /** Throws when that is no answer. */
  readonly take: (answer: unknown) => void
  readonly fail: (error: unknown) => void
}

interface Connection {
  readonly socket: WebSocket
  readonly waiting: Map<number, Waiting>
}

export function createLine(calls: DaemonCalls): Line {
  let connection: Promise<Connection> | undefined
  let lastId = 0

  async function open(): Promise<Connection> {
    using scope = createCallScope(calls.adapter, {}, limits.callMs)
    const dial = () => detachFromLoop(calls.channel.dial())
    const refusal = 'the daemon starts nothing'
    const socket = await openWebSocket(calls, { path: launchesPath, refusal, dial }, scope)
    const waiting: Connection['waiting'] = new Map()
    let isOver = false
    const end = (error: unknown): void => {
      if (isOver) return
      isOver = true
      connection = undefined
      for (const asked of waiting.values()) asked.fail(error)
      waiting.clear()
      socket.terminate()
    }
    const close = () => end(calls.channel.closing.reason)
    socket.on('message', (data: Buffer) => {
      try {
        const answer = parse(data)
        const asked = waiting.get(answer.id)
        if (asked === undefined) throw new WireFormatError('the daemon answered what it was not asked')
        asked.take(answer)
        waiting.delete(answer.id)
      } catch (error) {
        end(error)
      }
    })
    socket.once('close', () => {
      calls.channel.closing.removeEventListener('abort', close)
      end(new Error('the connection broke off'))
    })
    calls.channel.closing.addEventListener('abort', close)
    if (calls.channel.closing.aborted) close()
    socket.resume()
    return { socket, waiting }
  }

  async function send(question: object, asked: Waiting, signal: AbortSignal): Promise<void> {
    connection ??= open().catch((error: unknown) => {
      connection = undefined
      throw error
    })
    const { socket, waiting } = await connection
    if (signal.aborted) return
    const id = (lastId += 1)
    waiting.set(id, asked)
    socket.send(JSON.stringify({ id, ...question }))
  }

  return {
    ask: async (question, schema, options, late) => {
      if (calls.channel.closing.aborted) throw calls.channel.closing.reason
      using scope = createCallScope(calls.adapter, options, limits.callMs)
      using _ = keepRunning()
      const { signal } = scope
      const { promise, resolve, reject } = Promise.withResolvers<z.output<typeof schema>>()
      const take = (answer: unknown): void => {
        const parsed = schema.safeParse(answer)
        if (!parsed.success)
          throw new WireFormatError('an answer of the daemon is not what it should be', { cause: parsed.error })
        if (signal.aborted) late?.(parsed.data)
        else resolve(parsed.data)
      }
      const giveUp = () => reject(signal.reason)
      signal.addEventListener('abort', giveUp, { once: true })
      try {
        signal.throwIfAborted()
        // Not awaited: whoever gives up does not wait for the connection.
        void send(question, { take, fail: reject }, signal).catch(reject)
        return await promise
      } catch (error) {
        throw await calls.explain(signal.aborted ? signal.reason : error)
      } finally {
        signal.removeEventListener('abort', giveUp)
      }
    },
  }
}

function parse(data: Buffer): { readonly id: number } {
  const answer = decodeJson(data)
  if (typeof answer === 'object' && answer !== null && 'id' in answer && typeof answer.id === 'number')
    return { ...answer, id: answer.id }
  throw new WireFormatError('an answer of the daemon has no id')
}
