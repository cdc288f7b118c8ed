/** An error of a cell in a kernel's words, without the kernel's own frames. */
export function describeError(error: unknown): { name: string; value: string; traceback: string } {
  const [syntax] = syntaxErrors(error)
  if (syntax !== undefined) {
    const { message, position } = syntax
    const where =
      position === null
        ? ''
        : `    at <cell>:${position.line}:${position.column}\n\n${position.lineText}\n${' '.repeat(Math.max(0, position.column - 1))}^\n`
    return { name: 'SyntaxError', value: message, traceback: `${where}SyntaxError: ${message}` }
  }
  if (isInterrupt(error)) return interrupted
  if (!(error instanceof Error)) {
    const text = Bun.inspect(error)
    return { name: 'Error', value: text, traceback: `Uncaught ${text}` }
  }
  const { name, message } = error
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const ours = frames.findIndex((line) => line.includes('runInThisContext') || line.includes('/$bunfs/'))
  const own = ours === -1 ? frames : frames.slice(0, ours)
  return { name, value: message, traceback: [`${name}: ${message}`, ...own].join('\n') }
}

export const interrupted = {
  name: 'Interrupted',
  value: 'the cell was interrupted',
  traceback: 'Interrupted: the cell was interrupted',
}

function isInterrupt(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED'
}

function syntaxErrors(error: unknown): readonly BuildMessage[] {
  if (error instanceof BuildMessage) return [error]
  return error instanceof AggregateError ? error.errors.filter((one) => one instanceof BuildMessage) : []
}
