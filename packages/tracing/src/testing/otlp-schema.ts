import { z } from 'zod'

type AnyValue = string | boolean | number | readonly AnyValue[] | { readonly [key: string]: AnyValue }

const whole = z.union([z.int(), z.string().regex(/^-?\d{1,19}$/)]).transform(Number)
const anyValue: z.ZodType<AnyValue> = z.lazy(() =>
  z.union([
    z.strictObject({ stringValue: z.string() }).transform(({ stringValue }) => stringValue),
    z.strictObject({ boolValue: z.boolean() }).transform(({ boolValue }) => boolValue),
    z.strictObject({ intValue: whole }).transform(({ intValue }) => intValue),
    z.strictObject({ doubleValue: z.number() }).transform(({ doubleValue }) => doubleValue),
    z.strictObject({ bytesValue: z.base64() }).transform(({ bytesValue }) => bytesValue),
    z
      .strictObject({ arrayValue: z.strictObject({ values: z.array(anyValue) }) })
      .transform(({ arrayValue }) => arrayValue.values),
    z
      .strictObject({ kvlistValue: z.strictObject({ values: attributes }) })
      .transform(({ kvlistValue }) => kvlistValue.values),
  ]),
)
const attributes: z.ZodType<Record<string, AnyValue>> = z.lazy(() =>
  z
    .array(z.strictObject({ key: z.string().min(1), value: anyValue }))
    .refine((list) => new Set(list.map(({ key }) => key)).size === list.length, 'two attributes have the same key')
    .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value]))),
)
const nothingDropped = z.literal(0).optional()
const nanos = z.string().regex(/^[1-9]\d{0,19}$/)
const traceId = z.string().regex(/^(?!0{32})[\da-f]{32}$/)
const spanId = z.string().regex(/^(?!0{16})[\da-f]{16}$/)

const span = z
  .strictObject({
    traceId,
    spanId,
    parentSpanId: spanId.optional(),
    traceState: z.string().optional(),
    flags: z.int().min(0).optional(),
    name: z.string().min(1).max(1000),
    kind: z.int().min(0).max(5),
    startTimeUnixNano: nanos,
    endTimeUnixNano: nanos,
    attributes,
    droppedAttributesCount: nothingDropped,
    events: z.array(
      z.strictObject({
        name: z.string().min(1),
        timeUnixNano: nanos,
        attributes,
        droppedAttributesCount: nothingDropped,
      }),
    ),
    droppedEventsCount: nothingDropped,
    links: z.array(z.strictObject({ traceId, spanId, attributes })),
    droppedLinksCount: nothingDropped,
    status: z.strictObject({ code: z.int().min(0).max(2), message: z.string().optional() }),
  })
  .refine(({ startTimeUnixNano: from, endTimeUnixNano: to }) => BigInt(from) <= BigInt(to), 'it ends before it starts')

/** An `ExportTraceServiceRequest` in JSON, with nothing in it that the protocol does not know, and nothing left out of it. */
export const exportRequestSchema = z
  .strictObject({
    resourceSpans: z.array(
      z.strictObject({
        resource: z.strictObject({ attributes, droppedAttributesCount: nothingDropped }),
        schemaUrl: z.string().optional(),
        scopeSpans: z.array(
          z.strictObject({
            scope: z.strictObject({
              name: z.string().min(1),
              version: z.string().optional(),
              attributes: attributes.optional(),
              droppedAttributesCount: nothingDropped,
            }),
            schemaUrl: z.string().optional(),
            spans: z.array(span).min(1),
          }),
        ),
      }),
    ),
  })
  .transform(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap(({ scope, spans }) => spans.map((each) => ({ ...each, scope: scope.name }))),
    ),
  )
export type ReceivedSpan = z.infer<typeof exportRequestSchema>[number]

const json = z.string().transform((text, context) => {
  try {
    return z.json().parse(JSON.parse(text))
  } catch {
    context.addIssue('is not JSON')
    return z.NEVER
  }
})

/** What Langfuse makes of attributes: wrong ones it would leave out in silence. Others than its own are not looked at. */
export const langfuseAttributesSchema = z.looseObject({
  'langfuse.observation.type': z.enum([
    'span',
    'generation',
    'event',
    'embedding',
    'agent',
    'tool',
    'chain',
    'retriever',
    'evaluator',
    'guardrail',
  ]),
  'langfuse.observation.level': z.enum(['DEBUG', 'DEFAULT', 'WARNING', 'ERROR']).optional(),
  'langfuse.observation.status_message': z.string().optional(),
  'langfuse.observation.usage_details': json.pipe(z.record(z.string(), z.int().min(0))).optional(),
  'langfuse.observation.cost_details': json.pipe(z.record(z.string(), z.number().min(0))).optional(),
  'langfuse.environment': z
    .string()
    .max(40)
    .regex(/^(?!langfuse)[a-z0-9-_]+$/)
    .optional(),
  'langfuse.trace.name': z.string().min(1).max(1000),
  'langfuse.trace.tags': z.array(z.string().max(200)).optional(),
  'langfuse.trace.metadata.organization': z.string().max(200).optional(),
  'session.id': z.string().max(200).optional(),
  'user.id': z.string().max(200).optional(),
  // Would take the place of the span's name.
  'gen_ai.tool.name': z.undefined().optional(),
})
