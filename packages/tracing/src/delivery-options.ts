import type { ErrorListener } from './error-listener.ts'
import type { RedactionOptions } from './redact.ts'

/** How a sink over OpenTelemetry sends what it is given. */
export interface DeliveryOptions {
  readonly redaction?: RedactionOptions | undefined
  /** Told when something could not be delivered, or a part of it was refused. */
  readonly onError?: ErrorListener | undefined
  /** How long spans are gathered before they are sent. Default: 5000. */
  readonly flushIntervalMs?: number | undefined
  /** Limit for one delivery. Default: 5000. */
  readonly timeoutMs?: number | undefined
  /** How many spans may wait; what comes beyond is dropped and counted. Default: 4096. */
  readonly maxQueued?: number | undefined
}

export interface DeliveryLimits {
  readonly flushIntervalMs: number
  readonly timeoutMs: number
  readonly maxQueued: number
}

export function deliveryLimits({
  flushIntervalMs = 5000,
  timeoutMs = 5000,
  maxQueued = 4096,
}: DeliveryOptions): DeliveryLimits {
  return { flushIntervalMs, timeoutMs, maxQueued }
}
