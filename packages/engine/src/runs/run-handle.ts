import { type Attempt, isFinal, OperationError, type Run, type RunStatus } from '@caisson/core'
import type { RunChange, RunRecord, RunStore } from '../ports/run-store.ts'
import { Stopped } from './stopped.ts'

/** The durable state of a run in the hands of the engine that has claimed it. */
export interface RunHandle {
  readonly record: () => RunRecord
  /**
   * Changes the run by compare-and-set, again and again until it was nobody else who came first. Calls are carried out one after the
   * other. Rejects with `Stopped` when the run is no longer this engine's.
   */
  readonly change: (make: (run: Run) => Run, rest?: Omit<RunChange, 'run'>) => Promise<Run>
  /** As `change`, with the new status, which is told as an event. */
  readonly transition: (status: RunStatus, make?: (run: Run) => Run, rest?: Omit<RunChange, 'run'>) => Promise<Run>
  readonly addAttempt: (attempt: Attempt) => Promise<void>
}

const maxConflicts = 100
/** A run of thousands of sandboxes is not described by a list of them. */
const maxAttempts = 200

interface HandleOptions {
  readonly claimed: RunRecord
  /** Absent for who helps with a run that is claimed by somebody else: whoever that is. */
  readonly owner?: string | undefined
  readonly now: () => number
}

export function createRunHandle(runs: RunStore, { claimed, owner, now }: HandleOptions): RunHandle {
  let record = claimed
  let queue: Promise<unknown> = Promise.resolve()
  const { organization, id } = claimed.run

  const write = async (make: (run: Run) => Run, rest: Omit<RunChange, 'run'>): Promise<Run> => {
    for (let conflicts = 0; conflicts < maxConflicts; conflicts += 1) {
      const changed = await runs.update(record, { ...rest, run: make(record.run) })
      if (changed !== undefined) {
        record = changed
        return changed.run
      }
      const current = await runs.get(organization, id)
      const taken = owner !== undefined && current?.claim?.owner !== owner
      if (current === undefined || taken || isFinal(current.run.status)) {
        throw new Stopped('the run is no longer ours')
      }
      record = current
    }
    throw new OperationError('internal', `run ${id} could not be stored: others keep changing it`, { retryable: true })
  }
  const change: RunHandle['change'] = async (make, rest = {}) => {
    const turn = queue.then(async () => await write(make, rest))
    queue = turn.catch(() => undefined)
    return await turn
  }

  return {
    record: () => record,
    change,
    transition: async (status, make = (run) => run, rest = {}) =>
      await change((current) => ({ ...make(current), status }), {
        ...rest,
        events: [{ type: 'status', atMs: now(), status }],
      }),
    addAttempt: async (attempt) => {
      if (record.run.attempts.length >= maxAttempts) return
      await change((run) => ({ ...run, attempts: [...run.attempts, attempt] }))
    },
  }
}
