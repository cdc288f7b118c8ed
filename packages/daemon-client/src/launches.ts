import { type CallOptions, SandboxError } from '@caisson/core'
import {
  decodeJson,
  launchAnswerSchema,
  type LaunchRequest,
  launchesPath,
  type processEventSchema,
  WireFormatError,
} from '@caisson/wire-e2b'
import type { WebSocket } from 'ws'
import type { z } from 'zod'
import { createCallScope } from './call-scope.ts'
import { detachFromLoop } from './channel.ts'
import type { DaemonCalls } from './daemon-calls.ts'
import { keepRunning } from './keep-running.ts'
import { limits } from './limits.ts'
import { mapFailure } from './map-error.ts'
import { openWebSocket } from './open-web-socket.ts'

type Answer = z.output<typeof launchAnswerSchema>

/** Starts processes over one connection that is kept. It does not keep the program running: waiting for an answer does. */
export type LaunchProcess = (
  request: Omit<LaunchRequest, 'id'>,
  options: CallOptions,
) => Promise<{ readonly pid: number; readonly early: readonly z.output<typeof processEventSchema>[] }>

interface Line {
  readonly socket: WebSocket
  readonly waiting: Map<number, PromiseWithResolvers<Answer>>
}

export function createLaunches(calls: DaemonCalls): LaunchProcess {
  let line: Promise<Line> | undefined
  let lastId = 0

  async function open(): Promise<Line> {
    using scope = createCallScope(calls.adapter, {}, limits.callMs)
    const dial = () => detachFromLoop(calls.channel.dial())
    const refusal = 'the daemon does not launch processes'
    const socket = await openWebSocket(calls, { path: launchesPath, refusal, dial }, scope)
    const waiting: Line['waiting'] = new Map()
    let isOver = false
    const end = (error: unknown): void => {
      if (isOver) return
      isOver = true
      line = undefined
      for (const asked of waiting.values()) asked.reject(error)
      waiting.clear()
      socket.terminate()
    }
    const close = () => end(calls.channel.closing.reason)
    socket.on('message', (data: Buffer) => {
      try {
        const answer = parse(data)
        const asked = waiting.get(answer.id)
        if (!waiting.delete(answer.id)) throw new WireFormatError('the daemon answered what it was not asked')
        asked?.resolve(answer)
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

  async function ask(request: Omit<LaunchRequest, 'id'>, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted()
    const id = (lastId += 1)
    const answered = Promise.withResolvers<Answer>()
    const giveUp = () => answered.reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    const send = async (): Promise<void> => {
      line ??= open().catch((error: unknown) => {
        line = undefined
        throw error
      })
      const { socket, waiting } = await line
      if (signal.aborted) return
      waiting.set(id, answered)
      socket.send(JSON.stringify({ id, ...request } satisfies LaunchRequest))
    }
    // Not awaited: whoever gives up does not wait for the connection.
    void send().catch(answered.reject)
    try {
      return await answered.promise
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  return async (request, options) => {
    if (calls.channel.closing.aborted) throw calls.channel.closing.reason
    using scope = createCallScope(calls.adapter, options, limits.callMs)
    using _ = keepRunning()
    const answer = await ask(request, scope.signal).catch(async (error: unknown) => {
      throw await calls.explain(scope.signal.aborted ? scope.signal.reason : error)
    })
    if ('error' in answer) {
      const { caisson, ...error } = answer.error
      throw mapFailure({ ...error, errno: caisson?.errno }, calls.adapter, 'path')
    }
    const [first, ...early] = answer.messages
    if (first === undefined || !('start' in first.event))
      throw new SandboxError('protocol', calls.adapter, 'the answer of a launch does not begin with its start')
    return { pid: first.event.start.pid, early }
  }
}

function parse(data: Buffer): Answer {
  const parsed = launchAnswerSchema.safeParse(decodeJson(data))
  if (parsed.success) return parsed.data
  throw new WireFormatError('the answer of a launch is not what it should be', { cause: parsed.error })
}
