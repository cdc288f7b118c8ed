import type { Candidate, Decision, Operation, Placement, Reason } from '@caisson/core'
import { strictestTerms } from './approval-terms.ts'
import { assessAdapters } from './assess-adapters.ts'
import { preferredBackend } from './backends.ts'
import { cutPermissions } from './cut-permissions.ts'
import type { DecisionInput } from './decision-input.ts'
import { describeMissing } from './describe-missing.ts'
import { type Facts, requestTarget, sameDestination } from './facts.ts'
import type { Guard, Rule, SandboxClass } from './policy-schema.ts'
import { because, stronger, tighten } from './requirement.ts'
import { findShortfalls } from './shortfalls.ts'
import { toCandidates } from './to-candidates.ts'

/** What the policy says of an operation. */
export interface Matched {
  /** The first whose conditions hold. */
  readonly rule: Rule | undefined
  /** All whose conditions hold. */
  readonly guards: readonly Guard[]
}

/** The decision that follows from what matched. */
export function conclude(input: DecisionInput, facts: Facts, matched: Matched): Decision {
  const { placement, reasons, candidates } = place(input, facts, matched)
  const chosen = candidates.find(({ verdict }) => verdict === 'chosen')
  const asking = placement.kind === 'denied' ? [] : [matched.rule, ...matched.guards].flatMap(wishOf)
  const terms = strictestTerms(asking.map(({ wish }) => wish))
  return {
    id: input.decisionId,
    kind: input.operation.kind,
    operationHash: input.operationHash,
    placement,
    approval: terms === undefined ? 'none' : 'required',
    ...(terms === undefined ? {} : { approvalTerms: terms }),
    reasons: [
      ...reasons,
      ...asking.flatMap(({ source }) =>
        reasons.some(({ rule, code }) => rule === source.id && code === source.reason) ? [] : [because(source)],
      ),
    ],
    candidates: [...candidates],
    findings: [...input.findings],
    policy: { name: input.policy.name, version: input.policy.version, hash: input.policy.hash },
    ...(chosen?.estimate === undefined ? {} : { estimate: chosen.estimate }),
    decidedAtMs: input.nowMs,
  }
}

/** The rule or guard as one that wants a person to be asked. */
function wishOf(source: Rule | Guard | undefined) {
  if (source === undefined || !('approval' in source.then) || source.then.approval === undefined) return []
  return [{ source, wish: source.then.approval }]
}

interface Placed {
  readonly placement: Placement
  readonly reasons: readonly [Reason, ...Reason[]]
  readonly candidates: readonly Candidate[]
}

function place(input: DecisionInput, facts: Facts, { rule, guards }: Matched): Placed {
  if (rule === undefined) {
    const reason = { code: 'no-rule-matches', text: 'No rule of the policy speaks of such an operation.' }
    return denied(input, ['a rule of the policy for this operation'], [reason])
  }
  const forbidding = guards.find(({ then }) => then.place === 'denied')
  if (forbidding !== undefined) return denied(input, [forbidding.text], [because(forbidding)])
  switch (rule.then.place) {
    case 'denied':
      return denied(input, [rule.text], [because(rule)])
    case 'host':
      return placeOnHost(input, { facts, rule, guards })
    case 'sandbox': {
      const wanted = input.policy.document.classes[rule.then.class]
      // A policy with an unknown class does not parse; this keeps a forged one from deciding anything.
      if (wanted === undefined) return denied(input, [`the class ${rule.then.class}`], [because(rule)])
      return placeInSandbox(input, { facts, rule, guards }, { name: rule.then.class, base: wanted })
    }
  }
}

interface Ruled {
  readonly facts: Facts
  readonly rule: Rule
  readonly guards: readonly Guard[]
}

function placeOnHost(input: DecisionInput, { facts, rule, guards }: Ruled): Placed {
  const { operation } = input
  const raising = guards.find(({ then }) => stronger('none', then.isolation) !== 'none')
  if (raising !== undefined) return denied(input, [sandboxRule(operation)], [because(raising), because(rule)])
  if (facts.isolation !== 'none') {
    const text = `The caller accepts nothing weaker than ${facts.isolation}.`
    return denied(input, [sandboxRule(operation)], [{ code: 'caller-asks-for-more', text }, because(rule)])
  }
  // Nobody but the caller has its tool, so that needs no function here.
  if (operation.kind !== 'tool.call' && !input.hostFunctions.includes(operation.kind)) {
    const text = `Nothing on the host carries out ${operation.kind}.`
    return denied(
      input,
      [`a host function for ${operation.kind}`],
      [{ code: 'host-function-missing', text }, because(rule)],
    )
  }
  const grants = guards.flatMap(({ id, then: { permissions } }) =>
    permissions === undefined ? [] : [{ rule: id, grant: permissions }],
  )
  const { permissions, reasons } = cutPermissions(operation, grants, {})
  const { timeoutMs } = permissions
  return {
    placement: { kind: 'host', ...(timeoutMs === undefined ? {} : { permissions: { timeoutMs } }) },
    reasons: [because(rule), ...reasons.filter(({ code }) => code === 'duration-cut')],
    candidates: notConsidered(input, { code: 'placed-on-host', text: 'The operation runs on the host.' }),
  }
}

function sandboxRule({ kind }: Operation): string {
  return `a rule that places ${kind} in a sandbox: the host isolates nothing`
}

function placeInSandbox(
  input: DecisionInput,
  { facts, rule, guards }: Ruled,
  { name: className, base }: { readonly name: string; readonly base: SandboxClass },
): Placed {
  const { operation, policy } = input
  if (!facts.hasTask) {
    const reason = { code: 'task-missing', text: 'The tool brings nothing along that a sandbox could run.' }
    return denied(input, ['input.task: what does the same in a sandbox'], [reason, because(rule)])
  }
  const { registries } = policy.document
  const { requirement, reasons } = tighten(base, { operation, facts, rule: rule.id, guards, registries })
  const target = requestTarget(operation)
  if (target !== undefined && !requirement.egress.some((allowed) => sameDestination(allowed, target))) {
    const cut = reasons.filter(({ code }) => code === 'egress-cut')
    return denied(input, [`leave to reach ${target.host}:${target.port}`], [...cut, because(rule)])
  }
  const preferred = preferredBackend(policy, facts)
  const wanted = { requirement, preferred: preferred?.backend }
  const assessments = assessAdapters(input, facts, wanted)
  const candidates = toCandidates(assessments, wanted)
  const [first] = assessments
  if (first === undefined || first.obstacles.length > 0) {
    const reason = { code: 'no-adapter-qualifies', text: `No adapter is what the class ${className} asks for.` }
    const missing = describeMissing(requirement, assessments)
    return { placement: { kind: 'denied', missing }, reasons: [reason, because(rule), ...reasons], candidates }
  }
  const { name, capabilities } = first.adapter
  const { egress, permissions } = requirement
  return {
    placement: {
      kind: 'sandbox',
      adapter: name,
      isolation: capabilities.isolation,
      class: className,
      egress: egress.length === 0 ? { mode: 'none' } : { mode: 'allow', rules: [...egress] },
      ...(Object.keys(permissions).length === 0 ? {} : { permissions }),
    },
    reasons: [because(rule), ...reasons, ...findShortfalls(first, assessments, { requirement, preferred })],
    candidates,
  }
}

function denied(input: DecisionInput, missing: readonly string[], reasons: readonly Reason[]): Placed {
  const [first = { code: 'denied', text: 'The policy denies it.' }, ...rest] = reasons
  const candidates = notConsidered(input, { code: 'denied', text: 'The operation is denied wherever it would run.' })
  return { placement: { kind: 'denied', missing: [...missing] }, reasons: [first, ...rest], candidates }
}

function notConsidered(input: DecisionInput, reason: Reason): readonly Candidate[] {
  return input.adapters
    .map(({ name, capabilities: { isolation } }): Candidate => ({
      adapter: name,
      isolation,
      verdict: 'rejected',
      reasons: [reason],
    }))
    .toSorted((left, right) => (left.adapter < right.adapter ? -1 : 1))
}
