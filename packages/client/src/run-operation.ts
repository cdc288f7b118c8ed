import { type OperationInput, type Run, type RunEvent, runSchema } from '@caisson/core'
import type { Connection } from './connection.ts'
import { followRun } from './follow-run.ts'

export interface RunOptions {
  /** Makes it safe to ask again after a failure: the same operation under the same id is the same run. Default: chosen by the service. */
  readonly id?: string | undefined
  /** Sees every event once and in order, also over lost connections. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined
  /** Cancels the run, which then resolves with status `cancelled` and what it had put out. */
  readonly signal?: AbortSignal | undefined
}

/** Submits an operation and follows it to its end. What becomes of the operation is told by the run, a failure to ask for it throws. */
export async function runOperation(
  connection: Connection,
  operation: OperationInput,
  options: RunOptions = {},
): Promise<Run> {
  const { id, onEvent, signal } = options
  const submitted = await connection.ask(runSchema, async (trpc) => await trpc.runs.submit.mutate({ operation, id }))
  const given = new AbortController()
  let refusal: unknown
  const cancel = () => {
    connection
      .ask(runSchema, async (trpc) => await trpc.runs.cancel.mutate({ id: submitted.id }))
      .catch((error: unknown) => {
        refusal = error
        given.abort()
      })
  }
  signal?.addEventListener('abort', cancel, { once: true })
  if (signal?.aborted === true) cancel()
  try {
    const events = followRun(connection, submitted.id, { signal: given.signal })
    for (;;) {
      const next = await events.next()
      if (next.done === true) return next.value
      onEvent?.(next.value)
    }
  } catch (error) {
    throw refusal ?? error
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}
