import type { CodeError, CodeEvent, CodeInterpreter, CodeResult, RunCodeOptions } from './code-interpreter.ts'

/** Everything that came of a cell. */
export interface CodeExecution {
  readonly results: readonly CodeResult[]
  readonly stdout: string
  readonly stderr: string
  /** Absent when the cell ended well. */
  readonly error?: CodeError | undefined
  readonly executionCount?: number | undefined
}

/** Runs a cell to its end. `onEvent` sees every event as it arrives. The caller bounds it by `signal` or `deadline`. */
export async function runCode(
  interpreter: CodeInterpreter,
  code: string,
  options: RunCodeOptions & { readonly onEvent?: ((event: CodeEvent) => void) | undefined } = {},
): Promise<CodeExecution> {
  const { onEvent, ...call } = options
  const results: CodeResult[] = []
  const text = { stdout: '', stderr: '' }
  let error: CodeError | undefined
  let executionCount: number | undefined
  for await (const event of await interpreter.run(code, call)) {
    onEvent?.(event)
    switch (event.type) {
      case 'stdout':
      case 'stderr':
        text[event.type] += event.text
        break
      case 'result':
        results.push(event.result)
        break
      case 'error': {
        const { type: _, ...failure } = event
        error = failure
        break
      }
      case 'end':
        executionCount = event.executionCount
        break
    }
  }
  return { results, ...text, error, executionCount }
}
