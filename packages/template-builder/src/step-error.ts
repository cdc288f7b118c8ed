/** The cause of a build's failure: which instruction it was and what it printed. */
export class StepError extends Error {
  override readonly name = 'StepError'
  /** Of the Dockerfile, counted from 1. */
  readonly line: number | undefined
  readonly instruction: string
  readonly exitCode: number
  /** The last lines that it printed. */
  readonly output: readonly string[]

  constructor(details: Pick<StepError, 'line' | 'instruction' | 'exitCode' | 'output'>) {
    super(`exit code ${details.exitCode}`)
    this.line = details.line
    this.instruction = details.instruction
    this.exitCode = details.exitCode
    this.output = details.output
  }
}
