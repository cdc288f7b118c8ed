/** Where a span belongs. */
export interface TraceContext {
  readonly traceId: string
  readonly spanId: string
}

/** Later versions may have further fields, and `ff` is none. */
const pattern = /^(?:00(?=.{53}$)|(?!00|ff)[\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(?:-|$)/
const traceIdPattern = /^(?!0{32})[\da-f]{32}$/
const spanIdPattern = /^(?!0{16})[\da-f]{16}$/

/** Reads a W3C `traceparent` header. Malformed or all zero: `undefined`. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const [, traceId = '', spanId = ''] = header === undefined ? [] : (pattern.exec(header) ?? [])
  if (!isTraceId(traceId) || !isSpanId(spanId)) return undefined
  return { traceId, spanId }
}

/** Writes a `traceparent` header that makes `span` the parent of what a callee does. */
export function formatTraceparent(span: { readonly traceId: string; readonly id: string }): string {
  return `00-${span.traceId}-${span.id}-01`
}

function isTraceId(text: string): boolean {
  return traceIdPattern.test(text)
}

function isSpanId(text: string): boolean {
  return spanIdPattern.test(text)
}

/** The trace that a root span belongs to: the asked-for one, else the caller's, else a new one. */
export function chooseTraceId(start: {
  readonly traceId?: string | undefined
  readonly traceparent?: string | undefined
}): string {
  if (start.traceId !== undefined && isTraceId(start.traceId)) return start.traceId
  return parseTraceparent(start.traceparent)?.traceId ?? randomHex(16)
}

/** The asked-for id, else a new one. */
export function chooseSpanId(start: { readonly id?: string | undefined }): string {
  return start.id !== undefined && isSpanId(start.id) ? start.id : randomHex(8)
}

function randomHex(bytes: number): string {
  const random = globalThis.crypto.getRandomValues(new Uint8Array(bytes))
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
