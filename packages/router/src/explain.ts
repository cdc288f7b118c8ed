import type { Candidate, Decision, Finding, Permissions, Placement, Reason } from '@caisson/core'
import type { Derivation, Trial } from './derive.ts'
import type { Guard, Rule } from './policy-schema.ts'

/** A decision as text for people; of a derivation, also which rules matched, which did not, and why. */
export function explain(subject: Decision | Derivation): string {
  const decision = 'decision' in subject ? subject.decision : subject
  const { policy, estimate } = decision
  const sections = [
    [
      `${decision.kind}: ${describePlacement(decision.placement)}`,
      ...(decision.approval === 'required'
        ? [`${decision.approvalTerms?.people === 2 ? 'Two people have' : 'A person has'} to approve it first.`]
        : []),
      ...(estimate === undefined ? [] : [`Estimated cost: ${dollars(estimate.amountUsd)} = ${estimate.basis}`]),
    ],
    ['Why', ...decision.reasons.map(describeReason)],
    titled('Findings', decision.findings.map(describeFinding)),
    titled('Adapters', decision.candidates.map(describeCandidate)),
    ...('decision' in subject
      ? [titled('Rules', subject.rules.map(describeTrial)), titled('Guards', subject.guards.map(describeTrial))]
      : []),
    [
      `Policy ${policy.name} ${policy.version}, ${policy.hash.slice(0, 12)}; decided ${new Date(decision.decidedAtMs).toISOString()}`,
    ],
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map(([head, ...lines]) => [head, ...lines.map((line) => `  ${line}`)].map(oneLine).join('\n'))
    .join('\n\n')
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines]
}

/** Findings quote hostile text: without its control characters it can forge no line and move no cursor. */
function oneLine(text: string | undefined): string {
  return (text ?? '').replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')
}

function describePlacement(placement: Placement): string {
  switch (placement.kind) {
    case 'host':
      return `runs on the host${describePermissions(placement.permissions)}`
    case 'sandbox': {
      const { adapter, isolation, egress } = placement
      const reach =
        egress?.mode === 'allow' && egress.rules.length > 0
          ? egress.rules.map(({ host, port }) => `${host}:${port}`).join(', ')
          : 'nothing'
      return `runs in a sandbox of ${adapter} (${isolation}, class ${placement.class}), which reaches ${reach}${describePermissions(placement.permissions)}`
    }
    case 'denied':
      return `is denied; missing: ${placement.missing.join('; ')}`
  }
}

function describePermissions({ timeoutMs, ports, packages, artifacts }: Permissions = {}): string {
  const parts = [
    ...(timeoutMs === undefined ? [] : [`at most ${timeoutMs} ms`]),
    ...(ports === undefined ? [] : [`ports: ${ports === 'any' ? 'any' : ports.join(', ') || 'none'}`]),
    ...(packages === undefined ? [] : [`packages from: ${packages.join(', ') || 'nowhere'}`]),
    ...(artifacts?.count === undefined ? [] : [`at most ${artifacts.count} artifacts`]),
    ...(artifacts?.bytes === undefined ? [] : [`at most ${artifacts.bytes} bytes of artifacts`]),
  ]
  return parts.length === 0 ? '' : `; ${parts.join('; ')}`
}

function describeReason({ code, text, rule, evidence }: Reason): string {
  const origin = rule === undefined ? code : `${code}, ${rule}`
  return `${text} [${origin}]${evidence === undefined ? '' : ` (${evidence})`}`
}

function describeFinding({ severity, code, message, place, line, excerpt }: Finding): string {
  const where = line === undefined ? place : `${place}, line ${line}`
  return `${severity} ${code} in ${where}: ${message}${excerpt === undefined ? '' : ` | ${excerpt}`}`
}

function describeCandidate({ adapter, isolation, verdict, reasons, estimate }: Candidate): string {
  const cost = estimate === undefined ? '' : `, ${dollars(estimate.amountUsd)}`
  return `${verdict} ${adapter} (${isolation}${cost}): ${reasons.map(({ code, text }) => `${text} [${code}]`).join(' ')}`
}

function describeTrial({ source, matched, conditions, tooLate }: Trial<Rule | Guard>): string {
  if (matched) {
    const why = conditions.map(({ fact, actual }) => `${fact} is ${actual}`).join(', ')
    const which = tooLate ? '~' : '+'
    const late = tooLate ? 'would match, but an earlier rule has decided' : 'matches'
    return `${which} ${source.id}: ${late}${why === '' ? '' : `: ${why}`} | ${source.text}`
  }
  const why = conditions
    .filter(({ holds }) => !holds)
    .map(({ fact, actual, wanted }) => `${fact} is ${actual}, not ${wanted}`)
  return `- ${source.id}: does not match: ${why.join('; ')}`
}

function dollars(amount: number): string {
  return amount === 0 ? '$0' : `$${amount.toPrecision(3)}`
}
