import { type CodeError, type CodeEvent, type CodeResult, encodeText } from '@caisson/core'
import type { RunnerContext } from './runner.ts'

/** What a cell gave, in order: pieces of text of one stream that follow each other are one. */
export type CellOutput =
  | { readonly type: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'result'; readonly result: CodeResult }

export interface CellRecord {
  readonly take: (event: CodeEvent) => Promise<void>
  readonly outputs: () => readonly CellOutput[]
  readonly error: () => CodeError | undefined
  readonly executionCount: () => number | undefined
  /** Bytes of text so far. */
  readonly writtenBytes: () => number
  /** What did not fit into the value of the run. */
  readonly omittedBytes: () => number
}

/** Keeps what comes of a cell for the value of the run, up to `contentBytes`, and sends its text to the log. */
export function createCellRecord({ limits, output }: RunnerContext): CellRecord {
  const outputs: CellOutput[] = []
  let room = limits.contentBytes
  let written = 0
  let omitted = 0
  let error: CodeError | undefined
  let executionCount: number | undefined

  /** Whether so much still fits. */
  function fits(size: number): boolean {
    if (size > room) {
      omitted += size
      return false
    }
    room -= size
    return true
  }

  async function takeText(stream: 'stdout' | 'stderr', text: string): Promise<void> {
    const bytes = encodeText(text)
    await output.write('', { stream, offset: written, bytes })
    written += bytes.byteLength
    if (!fits(bytes.byteLength)) return
    const last = outputs.at(-1)
    if (last?.type === stream) outputs[outputs.length - 1] = { type: stream, text: last.text + text }
    else outputs.push({ type: stream, text })
  }

  return {
    take: async (event) => {
      switch (event.type) {
        case 'stdout':
        case 'stderr':
          return await takeText(event.type, event.text)
        case 'result':
          if (fits(JSON.stringify(event.result).length)) outputs.push({ type: 'result', result: event.result })
          return
        case 'error': {
          const { type: _, ...failure } = event
          error = failure
          return
        }
        case 'end':
          executionCount = event.executionCount
          return
      }
    },
    outputs: () => outputs,
    error: () => error,
    executionCount: () => executionCount,
    writtenBytes: () => written,
    omittedBytes: () => omitted,
  }
}
