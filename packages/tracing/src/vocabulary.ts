/**
 * The spans of one operation: few, stable names, so that a backend can filter and aggregate by them.
 *
 * ```
 * agent      invoke_agent
 * └ tool     execute_tool <kind of operation>
 *   ├ guardrail  policy.decide
 *   ├ span       sandbox.acquire
 *   ├ span       sandbox.exec
 *   └ span       sandbox.release
 * ```
 */
export const spanNames = {
  agent: 'invoke_agent',
  tool: 'execute_tool',
  decide: 'policy.decide',
  acquire: 'sandbox.acquire',
  exec: 'sandbox.exec',
  release: 'sandbox.release',
} as const

/** What may happen at one moment within a span. */
export const eventNames = {
  egressDenied: 'egress.denied',
  secretRedacted: 'secret.redacted',
  limitHit: 'limit.hit',
  failover: 'sandbox.failover',
} as const

/** Judgements that are made of spans. */
export const scoreNames = { verdict: 'policy.verdict' } as const

/** What a span stands for. Backends without such types show it as metadata. */
export const observationTypes = ['agent', 'tool', 'guardrail', 'span'] as const
export type ObservationType = (typeof observationTypes)[number]

export const levels = ['debug', 'default', 'warning', 'error'] as const
export type Level = (typeof levels)[number]
