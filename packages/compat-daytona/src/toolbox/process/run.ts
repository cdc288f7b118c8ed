import {
  concatBytes,
  decodeText,
  mib,
  type ProcessOutcome,
  type ProcessSpec,
  runProcess,
  type RunProcessOptions,
} from '@caisson/core'
import { DaytonaError } from '../../daytona-error.ts'
import { withEnv } from '../../sandboxes/entry.ts'
import type { ToolboxCall } from '../call.ts'

/** Output of one call that is kept; what is over is dropped. */
const keptBytes = 32 * mib
const abnormal = 128

export interface Ran {
  readonly outcome: ProcessOutcome
  readonly exitCode: number
  /** Both streams as they came. */
  readonly output: string
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, or until the caller has gone. */
export async function run(
  { entry, env, signal }: Pick<ToolboxCall, 'entry' | 'env' | 'signal'>,
  spec: ProcessSpec,
  options: Pick<RunProcessOptions, 'input'> = {},
): Promise<Ran> {
  const merged: Uint8Array[] = []
  let room = keptBytes
  const { outcome, stdout, stderr } = await runProcess(entry.sandbox, withEnv(env, spec), {
    ...options,
    signal,
    keepBytes: keptBytes,
    onOutput: ({ bytes }) => {
      const part = bytes.subarray(0, room)
      room -= part.byteLength
      if (part.byteLength > 0) merged.push(part)
    },
  })
  return {
    outcome,
    exitCode: exitCodeOf(outcome),
    output: decodeText(concatBytes(merged)),
    stdout: decodeText(stdout),
    stderr: decodeText(stderr),
  }
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGABRT: 6,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
}

/** As a shell tells it. */
export function exitCodeOf(outcome: ProcessOutcome): number {
  switch (outcome.kind) {
    case 'exited':
      return outcome.code
    case 'signaled':
      return abnormal + (signalNumbers[outcome.signal] ?? 0)
    case 'timed-out':
      return 124
    case 'cancelled':
    case 'output-limit':
    case 'out-of-memory':
      return abnormal + 9
  }
}

export function assertInTime({ outcome }: Ran, timeoutS: number | undefined): void {
  if (outcome.kind !== 'timed-out') return
  throw new DaytonaError(408, `command execution timeout: not over after ${timeoutS ?? 0} s`, {
    code: 'PROCESS_EXECUTION_TIMEOUT',
  })
}
