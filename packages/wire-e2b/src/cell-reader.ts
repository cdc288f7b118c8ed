import type { CodeEvent } from '@caisson/core'
import { z } from 'zod'
import { executionMessageSchema, toCodeResult } from './code.ts'
import { decodeJson, parseJson } from './json.ts'
import { WireFormatError } from './wire-format-error.ts'

const anyMessageSchema = z.object({ type: z.string() })
const knownTypes: ReadonlySet<string> = new Set([
  'number_of_executions',
  'stdout',
  'stderr',
  'result',
  'error',
  'keepalive',
  'end_of_execution',
])

/** Reads what `/execute` tells of one cell, line by line: the event of a line, if it is one that somebody wants to hear of. What E2B may add is passed over. Throws `WireFormatError`. */
export function createCellReader(): (line: string | Uint8Array) => CodeEvent | undefined {
  let executionCount: number | undefined
  return (line) => {
    const json = typeof line === 'string' ? parseJson(line) : decodeJson(line)
    const parsed = executionMessageSchema.safeParse(json)
    if (!parsed.success && isUnknown(json)) return undefined
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

function isUnknown(json: unknown): boolean {
  const any = anyMessageSchema.safeParse(json)
  return any.success && !knownTypes.has(any.data.type)
}
