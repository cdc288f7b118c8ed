import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { type IngestionEvent, ingestionBatchSchema, ingestionEventSchema } from './ingestion-schema.ts'
import { exportRequestSchema, langfuseAttributesSchema, type ReceivedSpan } from './otlp-schema.ts'

export interface TraceReceiver extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string
  /** All spans that came by OTLP and were as they must be. */
  readonly spans: () => readonly ReceivedSpan[]
  /** All events that came by Langfuse's ingestion protocol and were as they must be. */
  readonly events: () => readonly IngestionEvent[]
  /** What was wrong with what came, one sentence each. A test that cares for traces expects none. */
  readonly problems: () => readonly string[]
  /** Every byte that reached it: addresses, headers, bodies. For looking for what must not be there. */
  readonly received: () => string
}

export interface TraceReceiverOptions {
  /** Only this pair is let in to Langfuse's addresses. */
  readonly publicKey: string
  readonly secretKey: string
  /** Answers so, whatever comes: with a status, or never. Default: as Langfuse would. */
  readonly answer?: number | 'never' | 'refuse-first-event' | undefined
}

const legacyLimitBytes = 4_500_000

interface Answer {
  readonly status: number
  readonly body: unknown
}

/**
 * Takes traces as Langfuse does, below `/api/public`, and as an OpenTelemetry collector does, at `/v1/traces`, on loopback. It is stricter:
 * what either would overlook or leave out in silence is a problem here.
 */
export async function startTraceReceiver(options: TraceReceiverOptions): Promise<TraceReceiver> {
  const spans: ReceivedSpan[] = []
  const events: IngestionEvent[] = []
  const problems: string[] = []
  const received: string[] = []
  const expected = `Basic ${Buffer.from(`${options.publicKey}:${options.secretKey}`).toString('base64')}`

  const takeSpans = (body: string, isLangfuse: boolean): Answer => {
    const parsed = exportRequestSchema.safeParse(jsonOf(body))
    const why = parsed.success
      ? parsed.data.flatMap((span) => (isLangfuse ? problemsOf(span) : []))
      : [`an OTLP request: ${z.prettifyError(parsed.error)}`]
    problems.push(...why)
    // One bad span, and the whole request is refused.
    if (!parsed.success || why.length > 0) return { status: 400, body: { message: why.join('\n') } }
    spans.push(...parsed.data)
    return { status: 200, body: {} }
  }

  const takeBatch = (body: string): Answer => {
    const parsed = ingestionBatchSchema.safeParse(jsonOf(body))
    if (!parsed.success || Buffer.byteLength(body) > legacyLimitBytes) {
      problems.push(`an ingestion batch: ${parsed.success ? 'too large' : z.prettifyError(parsed.error)}`)
      return { status: 400, body: { message: 'Invalid request data' } }
    }
    const answers = parsed.data.batch.map((event, index) => {
      const id = z.object({ id: z.string() }).safeParse(event).data?.id ?? ''
      const known = ingestionEventSchema.safeParse(event)
      if (options.answer === 'refuse-first-event' && index === 0)
        return { id, status: 400, message: 'Invalid request data' }
      if (known.success) {
        events.push(known.data)
        return { id, status: 201 }
      }
      problems.push(`an ingestion event: ${z.prettifyError(known.error)}`)
      return { id, status: 400, message: 'Invalid request data', error: z.prettifyError(known.error) }
    })
    return {
      status: 207,
      body: {
        successes: answers.filter(({ status }) => status === 201),
        errors: answers.filter(({ status }) => status !== 201),
      },
    }
  }

  const answer = ({ url = '', method, headers }: IncomingMessage, body: string): Answer => {
    const isLangfuse = url.startsWith('/api/public/')
    if (isLangfuse && headers.authorization !== expected)
      return { status: 401, body: { message: 'Invalid credentials' } }
    if (typeof options.answer === 'number') return { status: options.answer, body: {} }
    if (method !== 'POST' || headers['content-type'] !== 'application/json') {
      problems.push(`${method ?? ''} ${url} with ${headers['content-type'] ?? 'no type'}`)
    }
    switch (url) {
      case '/api/public/otel/v1/traces':
        if (headers['x-langfuse-ingestion-version'] !== '4') problems.push('x-langfuse-ingestion-version is not 4')
        return takeSpans(body, true)
      case '/v1/traces':
        return takeSpans(body, false)
      case '/api/public/ingestion':
        return takeBatch(body)
      default:
        problems.push(`nothing is taken at ${url}`)
        return { status: 404, body: {} }
    }
  }

  const server = createServer((request, response: ServerResponse) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => (body += part))
    request.on('end', () => {
      received.push(`${request.url ?? ''}\n${JSON.stringify(request.headers)}\n${body}\n`)
      if (options.answer === 'never') return
      const { status, body: told } = answer(request, body)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(told))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the receiver has no address')
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans: () => [...spans],
    events: () => [...events],
    problems: () => [...problems],
    received: () => received.join(''),
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function problemsOf({ name, scope, attributes }: ReceivedSpan): readonly string[] {
  const parsed = langfuseAttributesSchema.safeParse(attributes)
  return [
    ...(parsed.success ? [] : [`the span ${name}: ${z.prettifyError(parsed.error)}`]),
    // Of others the server keeps every attribute twice.
    ...(scope.startsWith('langfuse-sdk') ? [] : [`the span ${name} has the scope ${scope}`]),
  ]
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
