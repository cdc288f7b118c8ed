import { type ErrorData, OperationError, type ProcessOutcome, toErrorData } from '@caisson/core'

/** Which limit a process ran into, and where it is set. `undefined` when it was none. */
export function explainLimit(
  outcome: ProcessOutcome,
  { timeoutMs, outputBytes }: { readonly timeoutMs: number; readonly outputBytes: number },
): ErrorData | undefined {
  switch (outcome.kind) {
    case 'timed-out':
      return limitError(`it was killed after ${timeoutMs} ms`, 'timeoutMs', 'raise timeoutMs')
    case 'output-limit':
      return limitError(
        `it was killed after ${outputBytes} bytes of output`,
        'output',
        'write large results to a file and keep it as an artifact',
      )
    case 'out-of-memory':
      return limitError('it was killed for want of memory', 'resources.memoryBytes', 'raise resources.memoryBytes')
    case 'exited':
    case 'signaled':
    case 'cancelled':
      return undefined
  }
}

function limitError(message: string, field: string, remedy: string): ErrorData {
  return toErrorData(new OperationError('quota-exceeded', message, { field, remedy }))
}
