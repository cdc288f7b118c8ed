import type { CallOptions, SandboxError } from '@caisson/core'
import { decodeJson, launchesPath, launchMessageBytes, WireFormatError } from '@caisson/wire-e2b'
import type { WebSocket } from 'ws'
import type { z } from 'zod'
import { createCallScope, givenUp, tookTooLong } from './call-scope.ts'
import { detachFromLoop } from './channel.ts'
import type { DaemonCalls } from './daemon-calls.ts'
import { createDeadlines } from './deadlines.ts'
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
  readonly isGivenUp: () => boolean
}

interface Connection {
  readonly socket: WebSocket
  readonly waiting: Map<number, Waiting>
}

export function createLine(calls: DaemonCalls): Line {
  let opening: Promise<Connection> | undefined
  let connection: Connection | undefined
  const deadlines = createDeadlines()
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
      opening = undefined
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
    const opened = { socket, waiting }
    if (!isOver) connection = opened
    return opened
  }

  async function connect(): Promise<Connection> {
    opening ??= open().catch((error: unknown) => {
      opening = undefined
      throw error
    })
    return await opening
  }

  function send({ socket, waiting }: Connection, question: object, asked: Waiting): void {
    if (asked.isGivenUp()) return
    if (socket.readyState !== socket.OPEN) return asked.fail(new Error('the connection broke off'))
    const id = (lastId += 1)
    waiting.set(id, asked)
    // Bytes, so that they go out in one piece with what goes before them.
    socket.send(Buffer.from(JSON.stringify({ id, ...question })), { binary: false })
  }

  return {
    ask: async (question, schema, { signal, deadline }, late) => {
      if (calls.channel.closing.aborted) throw calls.channel.closing.reason
      if (signal?.aborted === true) throw givenUp(calls.adapter)
      const withinMs = deadline === undefined ? limits.callMs : deadline - Date.now()
      if (withinMs <= 0) throw tookTooLong(calls.adapter)
      using _ = keepRunning()
      const { promise, resolve, reject } = Promise.withResolvers<z.output<typeof schema>>()
      let isGivenUp = false
      const giveUp = (reason: SandboxError): void => {
        isGivenUp = true
        reject(reason)
      }
      const take = (answer: unknown): void => {
        const parsed = schema.safeParse(answer)
        if (!parsed.success)
          throw new WireFormatError('an answer of the daemon is not what it should be', { cause: parsed.error })
        if (isGivenUp) late?.(parsed.data)
        else resolve(parsed.data)
      }
      const limit = deadlines.add(withinMs, () => giveUp(tookTooLong(calls.adapter)))
      const cancel = () => giveUp(givenUp(calls.adapter))
      signal?.addEventListener('abort', cancel, { once: true })
      const asked: Waiting = { take, fail: reject, isGivenUp: () => isGivenUp }
      try {
        if (connection !== undefined) send(connection, question, asked)
        // Not awaited: whoever gives up does not wait for the connection.
        else void connect().then((connected) => send(connected, question, asked), reject)
        return await promise
      } catch (error) {
        throw await calls.explain(error)
      } finally {
        deadlines.forget(limit)
        signal?.removeEventListener('abort', cancel)
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
