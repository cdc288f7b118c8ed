import { chartSchema, type CodeResult } from '@caisson/core'
import { z } from 'zod'

/** Request of `POST /execute`. Only one of `context_id` and `language` may be there. */
export const executeRequestSchema = z.object({
  code: z.string(),
  context_id: z.string().nullish(),
  language: z.string().nullish(),
  env_vars: z.record(z.string(), z.string()).nullish(),
})
export type ExecuteRequest = z.input<typeof executeRequestSchema>

/** Request of `POST /contexts`. */
export const createContextRequestSchema = z.object({ language: z.string().nullish(), cwd: z.string().nullish() })
export type CreateContextRequest = z.input<typeof createContextRequestSchema>

/** Answer of `POST /contexts`, and entry of `GET /contexts`. */
export const codeContextSchema = z.object({ id: z.string(), language: z.string(), cwd: z.string() })
export const codeContextsSchema = z.array(codeContextSchema)

const format = z.string().nullish()

const resultMessageSchema = z.object({
  type: z.literal('result'),
  text: format,
  html: format,
  markdown: format,
  svg: format,
  png: format,
  jpeg: format,
  pdf: format,
  latex: format,
  json: z.unknown().optional(),
  javascript: format,
  /** A data frame, column by column. */
  data: z.unknown().optional(),
  chart: z.unknown().optional(),
  /** Formats without a name of their own. */
  extra: z.record(z.string(), z.unknown()).nullish(),
  is_main_result: z.boolean().default(false),
})

/** One line of the answer to `POST /execute`. */
export const executionMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('number_of_executions'), execution_count: z.int().min(0) }),
  z.object({ type: z.enum(['stdout', 'stderr']), text: z.string() }),
  resultMessageSchema,
  z.object({
    type: z.literal('error'),
    name: z.string().default(''),
    value: z.string().default(''),
    traceback: z.string().default(''),
    /** Extension: the context has lost its variables. */
    caisson: z.object({ stateLost: z.boolean() }).optional(),
  }),
  z.object({ type: z.literal('keepalive') }),
  z.object({ type: z.literal('end_of_execution') }),
])
export type ExecutionMessage = z.input<typeof executionMessageSchema>

const mimeTypes = [
  ['text', 'text/plain'],
  ['html', 'text/html'],
  ['markdown', 'text/markdown'],
  ['svg', 'image/svg+xml'],
  ['png', 'image/png'],
  ['jpeg', 'image/jpeg'],
  ['pdf', 'application/pdf'],
  ['latex', 'text/latex'],
  ['javascript', 'application/javascript'],
] as const
const jsonType = 'application/json'
const tableSchema = z.record(z.string(), z.array(z.unknown()))

/** A result in core's words. A chart or a table that is none is left out. */
export function toCodeResult(message: z.output<typeof resultMessageSchema>): CodeResult {
  const data: Record<string, string> = {}
  for (const [name, mime] of mimeTypes) {
    const content = message[name]
    if (typeof content === 'string') data[mime] = content
  }
  if (message.json !== undefined && message.json !== null) data[jsonType] = JSON.stringify(message.json)
  for (const [mime, value] of Object.entries(message.extra ?? {}))
    data[mime] = typeof value === 'string' ? value : JSON.stringify(value)
  const chart = chartSchema.safeParse(toCamelKeys(message.chart))
  const table = tableSchema.safeParse(message.data)
  return {
    main: message.is_main_result,
    data,
    ...(chart.success ? { chart: chart.data } : {}),
    ...(table.success ? { table: table.data } : {}),
  }
}

/** The same value with its keys, at every depth, in camel case. */
function toCamelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamelKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [toCamel(key), toCamelKeys(item)]))
}

function toCamel(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
