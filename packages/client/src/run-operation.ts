import {
  freshId,
  isFinal,
  isSandboxError,
  type OperationInput,
  type Run,
  type RunEvent,
  runSchema,
} from '@caisson/core'
import type { Connection } from './connection.ts'
import { followRun } from './follow-run.ts'
import { reach } from './reach.ts'

export interface RunOptions {
  /** Makes it safe to ask again after a failure: the same operation under the same id is the same run. Default: a fresh one. */
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
  const { onEvent, signal } = options
  const submitted = await submit(connection, operation, options)
  if (onEvent === undefined && isFinal(submitted.status)) return submitted
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

/**
 * The run as it was stored. Where nobody watches, one request is answered with its end, if that comes soon enough. Should that request
 * break, it is not known how far it came: it is made again, which under the same id is the same run.
 */
async function submit(
  connection: Connection,
  operation: OperationInput,
  { id = freshId(), onEvent, signal }: RunOptions,
): Promise<Run> {
  const request = async (trpc: Connection['trpc']) => await trpc.runs.submit.mutate({ operation, id })
  const hasGivenUp = () => signal?.aborted === true
  if (onEvent !== undefined || hasGivenUp()) return await connection.ask(runSchema, request)
  const { answerMs: waitMs } = connection
  const given = signal === undefined ? {} : { signal }
  try {
    return await connection.ask(
      runSchema,
      async (trpc) => await trpc.runs.submit.mutate({ operation, id, waitMs }, given),
    )
  } catch (error) {
    if (hasGivenUp() || isBroken(error)) return await reach(connection, undefined, request)
    // What stands between may have had enough of waiting. Who was never there says so again.
    if (isSandboxError(error) && error.adapter === 'caisson') return await connection.ask(runSchema, request)
    throw error
  }
}

const endsOfConnections: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
])

/** Whether a service had the request, and its connection ended before the answer was there. */
function isBroken(error: unknown): boolean {
  if (!isSandboxError(error) || error.adapter !== 'caisson') return false
  const cause = error.cause instanceof Error ? error.cause.cause : undefined
  return error.code === 'timeout' || (cause instanceof Error && 'code' in cause && endsOfConnections.has(cause.code))
}
