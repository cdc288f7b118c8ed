import { setTimeout as delay } from 'node:timers/promises'
import type { BatchProgress } from '@caisson/client'
import { isFinal, isOperationError } from '@caisson/core'
import { exitCodeOfRun, exitCodes } from '../exit-codes.ts'
import { printable } from '../output/printable.ts'
import { formatDuration } from '../output/time.ts'
import type { Session } from '../session.ts'

const pollMs = 1_000

/** Tells of each change until the batch is over; a person who gives up leaves it running. */
export async function followBatch({ client, terminal, json, signal }: Session, run: string): Promise<number> {
  let told = ''
  for (;;) {
    const batch = await progressOf(client, run)
    if (batch === undefined) {
      const ended = await client.runs.get(run)
      if (isFinal(ended.status)) {
        const { status, error } = ended
        if (json) terminal.out(`${JSON.stringify({ run, status, error })}\n`)
        else {
          terminal.err(`caisson: ${status}: ${printable(error?.message ?? 'it has no batch')}\n`)
          if (error?.remedy !== undefined) terminal.err(`  ${printable(error.remedy)}\n`)
        }
        return exitCodeOfRun(ended)
      }
    } else {
      const text = json ? JSON.stringify(batch) : describeBatch(batch)
      if (text !== told) terminal.out(`${text}\n`)
      told = text
      if (batch.state === 'over') return batch.counts.succeeded === batch.total ? exitCodes.ok : exitCodes.failed
    }
    await delay(pollMs, undefined, { signal })
  }
}

/** `undefined`: it has not begun, or never will. */
async function progressOf(client: Session['client'], run: string): Promise<BatchProgress | undefined> {
  try {
    return await client.batches.get(run)
  } catch (error) {
    if (isOperationError(error) && error.code === 'run-not-found') return undefined
    throw error
  }
}

export function describeBatch(batch: BatchProgress): string {
  const { state, counts, total, retries, paused, failure, createdAtMs, closedAtMs } = batch
  const done = total - counts.waiting - counts.running
  const took = closedAtMs === undefined ? '' : ` after ${formatDuration(closedAtMs - createdAtMs)}`
  const parts = [
    `${counts.succeeded} succeeded`,
    `${counts.dead} dead`,
    `${counts.cancelled} cancelled`,
    `${counts.running} under way`,
    `${counts.waiting} waiting`,
    `${retries} retries`,
  ]
  return [
    `${state}${took}: ${done} of ${total} (${parts.join(', ')})`,
    ...(paused === undefined ? [] : [`waits: ${printable(paused.message)}`]),
    ...(failure === undefined ? [] : [`given up: ${printable(failure.message)}`]),
  ].join('\n')
}
