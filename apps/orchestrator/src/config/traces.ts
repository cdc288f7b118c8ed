import { z } from 'zod'
import { flag, list, secret, webAddress } from './kinds.ts'
import { pairOf } from './pair-of.ts'

const headers = z.string().transform((value, context) => {
  const pairs = value.split(',').map((part) => /^\s*([A-Za-z0-9-]+)=(.*?)\s*$/.exec(part))
  // What was given is not repeated: it may be a secret.
  if (pairs.some((pair) => pair === null)) context.addIssue('must be NAME=VALUE with commas between them')
  return Object.fromEntries(pairs.flatMap((pair) => (pair === null ? [] : [[pair[1] ?? '', pair[2] ?? '']])))
})
const pattern = z.string().transform((value, context) => {
  try {
    return new RegExp(value, 'g')
  } catch {
    context.addIssue('must be a regular expression')
    return z.NEVER
  }
})

export const tracesVariables = {
  CAISSON_TRACE_FILE: flag.default(true).describe('Whether to write traces to traces.jsonl in the state directory'),
  LANGFUSE_PUBLIC_KEY: z.string().optional().describe('With the secret key: send traces to Langfuse'),
  LANGFUSE_SECRET_KEY: secret.optional().describe('See LANGFUSE_PUBLIC_KEY'),
  LANGFUSE_BASE_URL: z.url().optional().describe('Where Langfuse is, unless its cloud'),
  LANGFUSE_TRACING_ENVIRONMENT: z
    .string()
    .max(40)
    .regex(
      /^(?!langfuse)[a-z0-9-_]+$/,
      'must be lower-case letters, digits, "-" and "_", not beginning with "langfuse"',
    )
    .optional()
    .describe('Environment under which Langfuse shows the traces'),
  CAISSON_LANGFUSE_PROTOCOL: z
    .enum(['otel', 'ingestion'])
    .default('otel')
    .describe('How Langfuse is spoken to: otel, or ingestion for a self-hosted Langfuse v3'),
  CAISSON_OTLP_URL: webAddress
    .optional()
    .describe('Send traces to this OpenTelemetry collector as well: http://collector:4318/v1/traces'),
  CAISSON_OTLP_HEADERS: headers.default({}).describe('Sent to the collector, NAME=VALUE with commas between them'),
  CAISSON_REDACT_NAMES: list.default([]).describe('Further names whose values never appear in traces'),
  CAISSON_REDACT_PATTERN: pattern.optional().describe('Regular expression; what matches never appears in traces'),
  CAISSON_REDACT_PERSONAL: flag
    .default(true)
    .describe('Whether e-mail addresses and card numbers are kept out of traces'),
}

export interface TracesConfig {
  readonly traceFile: boolean
  readonly langfuse:
    | {
        readonly publicKey: string
        readonly secretKey: string
        readonly baseUrl: string | undefined
        readonly environment: string | undefined
        readonly protocol: 'otel' | 'ingestion'
      }
    | undefined
  /** A collector besides. */
  readonly otlp: { readonly url: string; readonly headers: Readonly<Record<string, string>> } | undefined
  readonly redaction: {
    readonly keys: readonly string[]
    readonly patterns: readonly RegExp[]
    readonly personal: boolean
  }
}

/** Throws `OperationError` when one of the keys of Langfuse is missing. */
export function readTraces(variables: z.output<z.ZodObject<typeof tracesVariables>>): TracesConfig {
  const keys = pairOf(
    ['LANGFUSE_PUBLIC_KEY', variables.LANGFUSE_PUBLIC_KEY],
    ['LANGFUSE_SECRET_KEY', variables.LANGFUSE_SECRET_KEY],
  )
  const { CAISSON_OTLP_URL: url, CAISSON_REDACT_PATTERN: redacted } = variables
  return {
    traceFile: variables.CAISSON_TRACE_FILE,
    langfuse:
      keys === undefined
        ? undefined
        : {
            publicKey: keys[0],
            secretKey: keys[1],
            baseUrl: variables.LANGFUSE_BASE_URL,
            environment: variables.LANGFUSE_TRACING_ENVIRONMENT,
            protocol: variables.CAISSON_LANGFUSE_PROTOCOL,
          },
    otlp: url === undefined ? undefined : { url, headers: variables.CAISSON_OTLP_HEADERS },
    redaction: {
      keys: variables.CAISSON_REDACT_NAMES,
      patterns: redacted === undefined ? [] : [redacted],
      personal: variables.CAISSON_REDACT_PERSONAL,
    },
  }
}
