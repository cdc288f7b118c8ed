import { type CallOptions, type CodeEvent, isSandboxError, SandboxError } from '@caisson/core'
import { createCallScope } from '@caisson/daemon-client'
import { createCellReader, readLines, WireFormatError } from '@caisson/wire-e2b'
import type { Machine } from './cloud.ts'
import type { Link } from './link.ts'

/** One event of a cell: a result carries its images. */
const mostEventBytes = 64 * 1024 * 1024
/** E2B gives a sign of life every five seconds. */
const silenceMs = 60_000

/** Starts a cell and tells what comes of it. The options hold for the whole cell: it is interrupted when nobody listens any more. */
export async function followCell(
  link: Link,
  options: CallOptions,
  start: (machine: Machine, signal: AbortSignal) => Promise<Response>,
): Promise<ReadableStream<CodeEvent>> {
  const scope = createCallScope(link.adapter, options)
  const closing = new AbortController()
  const giveUp = (): void => closing.abort(scope.signal.reason)
  scope.signal.addEventListener('abort', giveUp, { once: true })
  const onClosed = (): void => closing.abort(link.closed.reason)
  link.closed.addEventListener('abort', onClosed, { once: true })
  const finish = (): void => {
    link.closed.removeEventListener('abort', onClosed)
    scope.signal.removeEventListener('abort', giveUp)
    scope[Symbol.dispose]()
  }
  let lines: AsyncGenerator<Uint8Array, void>
  try {
    const response = await link.call('context', options, async (machine, signal) => {
      signal.addEventListener('abort', () => closing.abort(signal.reason), { once: true })
      return await start(machine, closing.signal)
    })
    if (response.body === null) throw new SandboxError('protocol', link.adapter, 'a cell has no answer')
    lines = readLines(response.body, mostEventBytes)
  } catch (error) {
    finish()
    throw error
  }
  const read = createCellReader()

  async function nextLine(): Promise<Uint8Array> {
    const silent = new SandboxError('unavailable', link.adapter, 'the code interpreter fell silent')
    const timer = setTimeout(() => closing.abort(silent), silenceMs)
    try {
      const { done, value } = await lines.next()
      if (done === true) throw new SandboxError('unavailable', link.adapter, 'the cell broke off before its end')
      return value
    } finally {
      clearTimeout(timer)
    }
  }

  async function nextEvent(): Promise<CodeEvent> {
    for (;;) {
      const event = read(await nextLine())
      if (event !== undefined) return event
    }
  }

  async function explain(error: unknown): Promise<unknown> {
    if (closing.signal.aborted) return closing.signal.reason
    if (error instanceof WireFormatError)
      return new SandboxError('protocol', link.adapter, error.message, { cause: error })
    const lost = isSandboxError(error)
      ? error
      : new SandboxError('unavailable', link.adapter, 'the connection to the cell broke off', { cause: error })
    return await link.explain(lost, 'context')
  }

  return new ReadableStream<CodeEvent>(
    {
      pull: async (controller) => {
        try {
          const event = await nextEvent()
          controller.enqueue(event)
          if (event.type !== 'end') return
          finish()
          await lines.return()
          controller.close()
        } catch (error) {
          finish()
          const reason = await explain(error)
          closing.abort(reason)
          throw reason
        }
      },
      cancel: () => {
        finish()
        closing.abort(new SandboxError('cancelled', link.adapter, 'the cell was given up'))
      },
    },
    { highWaterMark: 0 },
  )
}
