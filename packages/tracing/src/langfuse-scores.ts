import { randomUUID } from 'node:crypto'
import { boundedSender, type BoundedSender } from './bounded-sender.ts'
import type { DeliveryLimits } from './delivery-options.ts'
import type { ErrorListener } from './error-listener.ts'
import { post } from './post.ts'
import type { Score } from './trace-sink.ts'

export interface LangfuseScore extends Score {
  readonly traceId: string
  readonly observationId: string
  readonly atMs: number
}

interface Options {
  readonly baseUrl: string
  readonly authorization: string
  readonly environment: string | undefined
  readonly delivery: DeliveryLimits
  readonly onError: ErrorListener
}

/** As many as stay far below the size that the server takes. */
const batchSize = 100

/** Sends scores over the ingestion protocol, the one way in which Langfuse takes them. It tells of each event that was refused. */
export function langfuseScores(options: Options): BoundedSender<LangfuseScore> {
  const { baseUrl, authorization, environment, delivery, onError } = options
  return boundedSender<LangfuseScore>({
    maxQueued: delivery.maxQueued,
    batchSize,
    intervalMs: delivery.flushIntervalMs,
    onError,
    send: async (scores, signal) => {
      const batch = scores.map((score) => ({
        id: randomUUID(),
        type: 'score-create',
        timestamp: new Date(score.atMs).toISOString(),
        body: { ...bodyOf(score), ...(environment === undefined ? {} : { environment }) },
      }))
      const answer = await post({
        url: `${baseUrl}/api/public/ingestion`,
        headers: { authorization },
        body: JSON.stringify({ batch }),
        timeoutMs: delivery.timeoutMs,
        signal,
      }).catch((cause: unknown) => {
        throw new Error(`Langfuse did not take ${scores.length} scores`, { cause })
      })
      const errors = errorsOf(answer)
      for (const error of errors) onError(new Error(`Langfuse refused a score: ${JSON.stringify(error).slice(0, 500)}`))
      return Math.min(errors.length, scores.length)
    },
  })
}

function bodyOf({ traceId, observationId, name, value, comment }: LangfuseScore) {
  return {
    id: randomUUID(),
    traceId,
    observationId,
    name,
    ...(comment === undefined ? {} : { comment }),
    ...typedValue(value),
  }
}

/** As Langfuse types values of scores. */
export function typedValue(value: Score['value']) {
  if (typeof value === 'string') return { value, dataType: 'CATEGORICAL' } as const
  if (typeof value === 'number') return { value, dataType: 'NUMERIC' } as const
  return { value: value ? 1 : 0, dataType: 'BOOLEAN' } as const
}

function errorsOf(answer: unknown): readonly unknown[] {
  const isObject = typeof answer === 'object' && answer !== null
  return isObject && 'errors' in answer && Array.isArray(answer.errors) ? answer.errors : []
}
