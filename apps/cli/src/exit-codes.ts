import {
  isOperationError,
  isSandboxError,
  type Run,
  type SandboxErrorCode,
  type OperationErrorCode,
} from '@caisson/core'

/**
 * How the command line ends. Where a program was run its own exit code is passed on; the others are chosen so that programs seldom use
 * them: those of sysexits.h from 64 on, and those that shells and `timeout` use. `--json` tells the difference for sure.
 */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 64,
  notFound: 66,
  unavailable: 69,
  internal: 70,
  tryAgain: 75,
  denied: 77,
  timedOut: 124,
  cancelled: 130,
  outOfMemory: 137,
  outputLimit: 153,
} as const

export const exitCodeTable: readonly (readonly [string, string])[] = [
  ['0', 'done; for run and exec: the program ended with 0'],
  ['1-255', 'run and exec: the exit code of the program itself; 128 + N when signal N ended it'],
  ['1', 'the operation failed and was not one program'],
  ['64', 'the command or the operation is not valid'],
  ['66', 'there is no such run, approval, artifact or file'],
  ['69', 'no service answers, or no adapter can run it'],
  ['70', 'the service failed'],
  ['75', 'a passing failure: try again later'],
  ['77', 'denied by the policy, by a person, or for want of rights'],
  ['124', 'the time limit was over'],
  ['130', 'cancelled'],
  ['137', 'out of memory'],
  ['153', 'more output than allowed'],
]

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGXCPU: 24,
  SIGXFSZ: 25,
}

/** How to end after a run. */
export function exitCodeOfRun(run: Run): number {
  const { status, outcome, error } = run
  switch (outcome?.kind) {
    case 'exited':
      // What stands in the way after the program ended well is a failure, too.
      if (isProgram(run) && (outcome.code !== 0 || status === 'succeeded')) return outcome.code
      break
    case 'signaled':
      return 128 + (signalNumbers[outcome.signal] ?? 0)
    case 'timed-out':
      return exitCodes.timedOut
    case 'cancelled':
      return exitCodes.cancelled
    case 'output-limit':
      return exitCodes.outputLimit
    case 'out-of-memory':
      return exitCodes.outOfMemory
    case undefined:
      break
  }
  if (status === 'succeeded') return exitCodes.ok
  if (status === 'denied') return exitCodes.denied
  if (status === 'cancelled') return exitCodes.cancelled
  return error === undefined ? exitCodes.failed : exitCodeOfCode(error.code, error.retryable)
}

/** Whether the outcome is that of a program of the caller's, and not that of a tool of ours. */
export function isProgram({ kind }: Run): boolean {
  return kind === 'code.execute' || kind === 'command.run'
}

/** How to end after a failure. */
export function exitCodeOfError(error: unknown): number {
  if (isOperationError(error) && isMissingFile(error.cause)) return exitCodes.notFound
  return isOperationError(error) || isSandboxError(error)
    ? exitCodeOfCode(error.code, error.retryable)
    : exitCodes.internal
}

/** Of a file that the command line was to read. */
export function isMissingFile(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
}

const byCode: Partial<Record<SandboxErrorCode | OperationErrorCode, number>> = {
  'invalid-operation': exitCodes.usage,
  'invalid-argument': exitCodes.usage,
  'invalid-policy': exitCodes.usage,
  'run-not-found': exitCodes.notFound,
  'approval-not-found': exitCodes.notFound,
  'artifact-not-found': exitCodes.notFound,
  'policy-not-found': exitCodes.notFound,
  'path-not-found': exitCodes.notFound,
  'template-not-found': exitCodes.notFound,
  denied: exitCodes.denied,
  'approval-denied': exitCodes.denied,
  'approval-expired': exitCodes.denied,
  unauthenticated: exitCodes.denied,
  forbidden: exitCodes.denied,
  'permission-denied': exitCodes.denied,
  unavailable: exitCodes.unavailable,
  'runtime-missing': exitCodes.unavailable,
  'host-function-missing': exitCodes.unavailable,
  timeout: exitCodes.timedOut,
  cancelled: exitCodes.cancelled,
  internal: exitCodes.internal,
  protocol: exitCodes.internal,
}

function exitCodeOfCode(code: string, retryable: boolean): number {
  const known: number | undefined = new Map(Object.entries(byCode)).get(code)
  return known ?? (retryable ? exitCodes.tryAgain : exitCodes.failed)
}
