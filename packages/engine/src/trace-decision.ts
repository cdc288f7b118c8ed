import type { Decision, Finding, Operation } from '@caisson/core'
import { type Span, scoreNames, type SpanStart, spanNames } from '@caisson/tracing'

/** How bad the worst finding makes an operation, from 0 to 1. */
const risks: Readonly<Record<Finding['severity'], number>> = { info: 0.1, risky: 0.6, hostile: 1 }

/** The observation of a decision, with the facts that are decided on. */
export function decisionSpan({ kind, trust, sensitivity, timeoutMs, egress, agentType }: Operation): SpanStart {
  return {
    name: spanNames.decide,
    type: 'guardrail',
    input: { kind, trust, sensitivity, timeoutMs, egress: egress.length, agentType },
  }
}

/** Ends it with the verdict, why, and what else was possible. The verdict is a score as well, so that it can be filtered and counted. */
export function endDecisionSpan(span: Span, decision: Decision): void {
  const { id, placement, approval, reasons, findings, policy, candidates, estimate } = decision
  const verdict = verdictOf(decision)
  span.score({ name: scoreNames.verdict, value: verdict, comment: reasons[0]?.code })
  span.end({
    output: {
      decision: id,
      verdict,
      level: placement.kind === 'sandbox' ? placement.isolation : undefined,
      placement,
      approval,
      reasons: reasons.map(({ code, text, rule, evidence }) => ({ code, text, rule, evidence })),
      findings: findings.map(({ code, severity, place }) => ({ code, severity, place })),
    },
    metadata: {
      policy_id: policy.name,
      policy_version: policy.version,
      policy_hash: policy.hash,
      rule_ids: [...new Set(reasons.flatMap(({ rule }) => rule ?? []))].join(','),
      reason_codes: [...new Set(reasons.map(({ code }) => code))].join(','),
      risk_score: Math.max(0, ...findings.map(({ severity }) => risks[severity])),
      decision_source: reasons[0]?.rule === undefined ? 'default' : 'rule',
      alternatives: candidates.map((candidate) => ({
        adapter: candidate.adapter,
        verdict: candidate.verdict,
        reason: candidate.reasons[0]?.code,
        amountUsd: candidate.estimate?.amountUsd,
      })),
      estimate_usd: estimate?.amountUsd,
    },
  })
}

function verdictOf({ placement, approval }: Decision): 'sandbox' | 'host' | 'deny' | 'ask' {
  if (placement.kind === 'denied') return 'deny'
  return approval === 'required' ? 'ask' : placement.kind
}
