import type { IncomingMessage } from 'node:http'
import { type CallOptions, type CodeEvent, SandboxError } from '@caisson/core'
import { decodeJson, executionMessageSchema, toCodeResult, WireFormatError } from '@caisson/wire-e2b'
import type { z } from 'zod'
import { createCallScope } from './call-scope.ts'
import type { HttpCall } from './channel.ts'
import type { DaemonCalls } from './daemon-calls.ts'
import { keepRunning } from './keep-running.ts'
import { limits } from './limits.ts'
import { readLines } from './lines.ts'

type Message = z.output<typeof executionMessageSchema>

/** Starts a cell and tells what comes of it. The options hold for the whole cell: it is interrupted when nobody listens any more. */
export async function followCell(
  calls: DaemonCalls,
  call: Omit<HttpCall, 'signal'>,
  options: CallOptions,
): Promise<ReadableStream<CodeEvent>> {
  const scope = createCallScope(calls.adapter, options, limits.startKernelMs)
  const closing = new AbortController()
  const giveUp = (): void => closing.abort(scope.signal.reason)
  scope.signal.addEventListener('abort', giveUp, { once: true })
  if (scope.signal.aborted) giveUp()
  let response: IncomingMessage
  try {
    response = await calls.http(call, { subject: 'context' }, closing)
  } catch (error) {
    scope[Symbol.dispose]()
    throw error
  }
  scope.limit(undefined)
  const lines = readLines(response, limits.codeEventBytes)
  let executionCount: number | undefined

  const finish = (): void => {
    scope.signal.removeEventListener('abort', giveUp)
    scope[Symbol.dispose]()
  }

  async function nextMessage(): Promise<Message> {
    const silence = setTimeout(
      () => closing.abort(new SandboxError('unavailable', calls.adapter, 'the daemon fell silent')),
      limits.silenceMs,
    )
    try {
      const { done, value } = await lines.next()
      if (done === true) throw new Error('the cell broke off before its end')
      const parsed = executionMessageSchema.safeParse(decodeJson(value))
      if (parsed.success) return parsed.data
      throw new WireFormatError('an event of a cell is not what it should be', { cause: parsed.error })
    } finally {
      clearTimeout(silence)
    }
  }

  /** The next event that somebody wants to hear of. */
  async function nextEvent(): Promise<CodeEvent> {
    for (;;) {
      const message = await nextMessage()
      switch (message.type) {
        case 'number_of_executions':
          executionCount = message.execution_count
          break
        case 'keepalive':
          break
        case 'stdout':
        case 'stderr':
          return { type: message.type, text: message.text }
        case 'result':
          return { type: 'result', result: toCodeResult(message) }
        case 'error': {
          const { name, value, traceback, caisson } = message
          return { type: 'error', name, value, traceback, ...caisson }
        }
        case 'end_of_execution':
          return { type: 'end', executionCount }
      }
    }
  }

  return new ReadableStream<CodeEvent>(
    {
      pull: async (controller) => {
        using _ = keepRunning()
        try {
          const event = await nextEvent()
          controller.enqueue(event)
          if (event.type !== 'end') return
          finish()
          // Read to the end, so that the connection goes back to be used again.
          response.resume()
          controller.close()
        } catch (error) {
          finish()
          response.destroy()
          throw await calls.explain(closing.signal.aborted ? closing.signal.reason : error)
        }
      },
      cancel: () => {
        finish()
        closing.abort(new SandboxError('cancelled', calls.adapter, 'the cell was given up'))
        response.destroy()
      },
    },
    { highWaterMark: 0 },
  )
}
