import { z } from 'zod'

const id = z
  .string()
  .min(1)
  .max(800)
  .refine((text) => !text.includes('\r'), 'must not contain a carriage return')
const time = z.iso.datetime({ offset: true })
const environment = z
  .string()
  .max(40)
  .regex(/^(?!langfuse)[a-z0-9-_]+$/)
const json = z.json()

const trace = z.strictObject({
  id,
  timestamp: time,
  name: z.string().max(1000),
  input: json.optional(),
  output: json.optional(),
  sessionId: z.string().max(200).optional(),
  userId: z.string().max(200).optional(),
  environment: environment.optional(),
  metadata: json.optional(),
  release: z.string().optional(),
  version: z.string().optional(),
  public: z.boolean().optional(),
  tags: z.array(z.string()).optional(),
})

const observation = z.strictObject({
  id,
  traceId: id,
  environment: environment.optional(),
  name: z.string().optional(),
  startTime: time.optional(),
  metadata: json.optional(),
  input: json.optional(),
  output: json.optional(),
  level: z.enum(['DEBUG', 'DEFAULT', 'WARNING', 'ERROR']).optional(),
  statusMessage: z.string().optional(),
  parentObservationId: z.string().optional(),
  version: z.string().optional(),
})

const score = z.strictObject({
  id,
  name: z.string().min(1),
  traceId: id,
  observationId: z.string().optional(),
  environment: environment.optional(),
  comment: z.string().optional(),
  metadata: json.optional(),
  source: z.enum(['API', 'EVAL', 'ANNOTATION']).optional(),
})
const scoreBody = z.discriminatedUnion('dataType', [
  score.extend({ dataType: z.literal('NUMERIC'), value: z.number() }),
  score.extend({ dataType: z.literal('CATEGORICAL'), value: z.string().min(1) }),
  score.extend({ dataType: z.literal('BOOLEAN'), value: z.literal([0, 1]) }),
])

const event = { id, timestamp: time, metadata: json.optional() }

/** One event of a batch, with nothing in it that the protocol does not know. */
export const ingestionEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ ...event, type: z.literal('trace-create'), body: trace }),
  z.strictObject({ ...event, type: z.literal('event-create'), body: observation }),
  z.strictObject({ ...event, type: z.literal('span-create'), body: observation.extend({ endTime: time.optional() }) }),
  z.strictObject({ ...event, type: z.literal('span-update'), body: observation.extend({ endTime: time.optional() }) }),
  z.strictObject({ ...event, type: z.literal('score-create'), body: scoreBody }),
])
export type IngestionEvent = z.infer<typeof ingestionEventSchema>

export const ingestionBatchSchema = z.strictObject({
  batch: z.array(z.unknown()).min(1),
  metadata: z.record(z.string(), json).optional(),
})
