import type { CallOptions, CodeEvent } from '@caisson/core'
import { cellAnswerSchema, createCellReader, type ExecuteRequest } from '@caisson/wire-e2b'
import { followCell } from './code-events.ts'
import type { DaemonCalls } from './daemon-calls.ts'
import { limits } from './limits.ts'
import type { Line } from './line.ts'
import { mapFailure } from './map-error.ts'

/** Starts a cell over the line. What comes of one that is soon over is there with the answer, and is asked for otherwise. */
export async function startCell(
  calls: DaemonCalls,
  line: Line,
  execute: ExecuteRequest,
  options: CallOptions,
): Promise<ReadableStream<CodeEvent>> {
  const answer = await line.ask({ execute }, cellAnswerSchema, options, (late) => {
    if ('execution' in late) void giveUp(calls, late.execution)
  })
  if ('error' in answer) {
    const { caisson, ...error } = answer.error
    throw mapFailure({ ...error, errno: caisson?.errno }, calls.adapter, 'context')
  }
  if ('lines' in answer) return tellWhole(calls, answer.lines)
  try {
    return await followCell(calls, { method: 'GET', path: pathOf(answer.execution) }, options)
  } catch (error) {
    void giveUp(calls, answer.execution)
    throw error
  }
}

function pathOf(execution: string): string {
  return `/execute/${execution}`
}

/** Else it would go on until the daemon has waited long enough for somebody to ask. */
async function giveUp(calls: DaemonCalls, execution: string): Promise<void> {
  const scope = { signal: AbortSignal.timeout(limits.callMs) }
  await calls.http({ method: 'DELETE', path: pathOf(execution) }, { subject: 'context' }, scope).then(
    (response) => void response.resume(),
    () => undefined,
  )
}

function tellWhole(calls: DaemonCalls, lines: string): ReadableStream<CodeEvent> {
  return new ReadableStream<CodeEvent>({
    start: (controller) => {
      const read = createCellReader()
      try {
        let isOver = false
        for (const line of lines.split('\n')) {
          const event = line === '' ? undefined : read(line)
          if (event === undefined) continue
          controller.enqueue(event)
          isOver ||= event.type === 'end'
        }
        if (!isOver) throw new Error('the cell broke off before its end')
        controller.close()
      } catch (error) {
        return calls.explain(error).then((problem) => controller.error(problem))
      }
      return undefined
    },
  })
}
