import type { CodeEvent } from '@caisson/core'
import { decodeJson, executionMessageSchema, toCodeResult, WireFormatError } from '@caisson/wire-e2b'

/** Reads what a daemon tells of one cell, line by line: the event of a line, if it is one that somebody wants to hear of. Throws `WireFormatError`. */
export function createCellReader(): (line: Uint8Array) => CodeEvent | undefined {
  let executionCount: number | undefined
  return (line) => {
    const parsed = executionMessageSchema.safeParse(decodeJson(line))
    if (!parsed.success)
      throw new WireFormatError('an event of a cell is not what it should be', { cause: parsed.error })
    const message = parsed.data
    switch (message.type) {
      case 'number_of_executions':
        executionCount = message.execution_count
        return undefined
      case 'keepalive':
        return undefined
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
