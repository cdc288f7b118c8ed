import type { IncomingMessage } from 'node:http'
import { type CallOptions, type CodeEvent, SandboxError } from '@caisson/core'
import { createCellReader, readLines } from '@caisson/wire-e2b'
import { createCallScope } from './call-scope.ts'
import type { HttpCall } from './channel.ts'
import type { DaemonCalls } from './daemon-calls.ts'
import { keepRunning } from './keep-running.ts'
import { limits } from './limits.ts'

/** Makes the call that tells what comes of a cell. The options hold for the whole cell: it is interrupted when nobody listens any more. */
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
  const read = createCellReader()

  const finish = (): void => {
    scope.signal.removeEventListener('abort', giveUp)
    scope[Symbol.dispose]()
  }

  async function nextLine(): Promise<Uint8Array> {
    const silence = setTimeout(
      () => closing.abort(new SandboxError('unavailable', calls.adapter, 'the daemon fell silent')),
      limits.silenceMs,
    )
    try {
      const { done, value } = await lines.next()
      if (done === true) throw new Error('the cell broke off before its end')
      return value
    } finally {
      clearTimeout(silence)
    }
  }

  async function nextEvent(): Promise<CodeEvent> {
    for (;;) {
      const event = read(await nextLine())
      if (event !== undefined) return event
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
