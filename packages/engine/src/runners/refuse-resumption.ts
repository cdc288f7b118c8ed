import { OperationError } from '@caisson/core'
import type { RunnerContext } from './runner.ts'

/** For kinds whose parts cannot be told apart after an interruption: what was done would be done twice. */
export function refuseResumption({ resumed }: RunnerContext): void {
  if (!resumed) return
  throw new OperationError('interrupted', 'the engine was interrupted, and this kind of operation cannot be resumed', {
    remedy: 'submit the operation again',
  })
}
