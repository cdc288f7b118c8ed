import { type CallOptions, SandboxError } from '@caisson/core'
import { raceSignal } from './race-signal.ts'

export interface AnswerOptions {
  /** How long it may take. */
  readonly answerMs: number
  /** What else ends the waiting; the rejection is then the signal's reason. */
  readonly signals?: readonly AbortSignal[]
  readonly adapter?: string | undefined
}

/** What a sandbox or adapter answers, or `timeout`: also when it heeds no signal and hangs. */
export async function answerOf<Value>(
  call: (options: CallOptions) => Promise<Value>,
  { answerMs, signals = [], adapter = 'engine' }: AnswerOptions,
): Promise<Value> {
  const limit = AbortSignal.timeout(answerMs)
  const signal = AbortSignal.any([limit, ...signals])
  signal.throwIfAborted()
  try {
    return await raceSignal(call({ signal }), signal)
  } catch (error) {
    if (!limit.aborted || signals.some(({ aborted }) => aborted)) throw error
    throw new SandboxError('timeout', adapter, `no answer within ${answerMs} ms`, { cause: error })
  }
}
