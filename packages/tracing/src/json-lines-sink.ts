import type { ErrorListener } from './error-listener.ts'
import { jsonLinesFile } from './json-lines-file.ts'
import { recordSink } from './record-sink.ts'
import type { RedactionOptions } from './redact.ts'
import { redactingSink } from './redacting-sink.ts'
import type { TraceSink } from './trace-sink.ts'

export interface JsonLinesOptions {
  readonly redaction?: RedactionOptions | undefined
  /** Told of disk errors and of lines that were dropped. */
  readonly onError?: ErrorListener | undefined
  /** How much may wait for the disk. What comes beyond is dropped and counted. Default: 8 MiB. */
  readonly maxQueuedBytes?: number | undefined
}

const silentOnTrace = { sessionId: undefined, userId: undefined, tags: undefined, organization: undefined }

/**
 * Appends one JSON object per line to a file that only its owner can read: `span.start`, `span.event`, `score` and `span.end` in the order in
 * which they happen, so that a crash loses nothing but what was in memory. After lines were lost a line `dropped` says how many.
 */
export function createJsonLinesSink(path: string, options: JsonLinesOptions = {}): TraceSink {
  const file = jsonLinesFile(path, { maxQueuedBytes: options.maxQueuedBytes, onError: options.onError })
  const sink = recordSink<{ readonly traceId: string; readonly id: string }>(
    {
      start: (record, parent) => {
        const { traceName: _name, ...start } = record
        // Its parents have said what is true of the whole trace.
        const own = parent === undefined ? start : { ...start, ...silentOnTrace }
        file.append({ line: 'span.start', ...own, traceparent: undefined })
        return { traceId: record.traceId, id: record.id }
      },
      event: (span, event) => file.append({ line: 'span.event', ...span, ...event }),
      score: (span, score) => file.append({ line: 'score', ...span, ...score }),
      end: (span, end) => file.append({ line: 'span.end', ...span, ...end }),
      flush: file.flush,
      close: file.close,
      dropped: () => ({ 'json-lines': file.dropped() }),
    },
    options.onError,
  )
  return redactingSink(sink, options.redaction)
}
