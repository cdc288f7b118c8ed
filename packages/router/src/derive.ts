import type { Candidate, Decision, Placement, Reason } from '@caisson/core'
import { assessAdapters, toCandidates } from './assess-adapters.ts'
import type { DecisionInput } from './decision-input.ts'
import { collectFacts, type Facts, requestTarget, sameDestination } from './facts.ts'
import { describeMissing } from './describe-missing.ts'
import type { Compiled } from './policy.ts'
import type { Guard, Rule, SandboxClass } from './policy-schema.ts'
import { because, stronger, tighten } from './requirement.ts'
import { findShortfalls } from './shortfalls.ts'

/** What became of one rule or guard. */
export interface Trial<Source extends Rule | Guard> {
  readonly source: Source
  readonly matched: boolean
  /** The first condition that did not hold. */
  readonly failed?: { readonly fact: string; readonly wanted: string; readonly actual: string }
}

/** A decision with the way that led to it. */
export interface Derivation {
  readonly decision: Decision
  readonly facts: Facts
  /** In order; ends with the one that decided. */
  readonly rules: readonly Trial<Rule>[]
  readonly guards: readonly Trial<Guard>[]
}

/** The decision on an operation with its whole derivation. Pure: the same input always gives the same answer. */
export function derive(input: DecisionInput): Derivation {
  const facts = collectFacts(input)
  const rules = tryUntilMatch(input.policy.rules, facts)
  const guards = input.policy.guards.map((guard) => attempt(guard, facts))
  const last = rules.at(-1)
  const rule = last?.matched === true ? last.source : undefined
  const matched = guards.flatMap(({ source, matched }) => (matched ? [source] : []))
  const { placement, reasons, candidates } = place(input, facts, rule, matched)
  const chosen = candidates.find(({ verdict }) => verdict === 'chosen')
  const approval = placement.kind === 'denied' ? undefined : approvalOf(rule, matched)
  const decision: Decision = {
    id: input.decisionId,
    kind: input.operation.kind,
    operationHash: input.operationHash,
    placement,
    approval: approval === undefined ? 'none' : 'required',
    reasons: [...reasons, ...(approval === undefined || approval.id === rule?.id ? [] : [because(approval)])],
    candidates: [...candidates],
    findings: [...input.findings],
    policy: { name: input.policy.name, version: input.policy.version, hash: input.policy.hash },
    ...(chosen?.estimate === undefined ? {} : { estimate: chosen.estimate }),
    decidedAtMs: input.nowMs,
  }
  return { decision, facts, rules, guards }
}

function tryUntilMatch(rules: readonly Compiled<Rule>[], facts: Facts): readonly Trial<Rule>[] {
  const trials: Trial<Rule>[] = []
  for (const rule of rules) {
    const trial = attempt(rule, facts)
    trials.push(trial)
    if (trial.matched) break
  }
  return trials
}

function attempt<Source extends Rule | Guard>(rule: Compiled<Source>, facts: Facts): Trial<Source> {
  const failed = rule.conditions.find((condition) => !condition.holds(facts))
  if (failed === undefined) return { source: rule.source, matched: true }
  const { fact, wanted } = failed
  return { source: rule.source, matched: false, failed: { fact, wanted, actual: failed.actual(facts) } }
}

/** The rule or guard that wants a person to be asked. */
function approvalOf(rule: Rule | undefined, guards: readonly Guard[]): Rule | Guard | undefined {
  return [...(rule === undefined ? [] : [rule]), ...guards].find(
    ({ then }) => 'approval' in then && then.approval === 'required',
  )
}

interface Placed {
  readonly placement: Placement
  readonly reasons: readonly [Reason, ...Reason[]]
  readonly candidates: readonly Candidate[]
}

function place(input: DecisionInput, facts: Facts, rule: Rule | undefined, guards: readonly Guard[]): Placed {
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
      return placeOnHost(input, rule, guards)
    case 'sandbox': {
      const wanted = input.policy.document.classes[rule.then.class]
      // A policy with an unknown class does not parse; this keeps a forged one from deciding anything.
      if (wanted === undefined) return denied(input, [`the class ${rule.then.class}`], [because(rule)])
      return placeInSandbox({ input, facts, rule, guards }, rule.then.class, wanted)
    }
  }
}

function placeOnHost(input: DecisionInput, rule: Rule, guards: readonly Guard[]): Placed {
  const raising = guards.find(({ then }) => stronger('none', then.isolation) !== 'none')
  if (raising !== undefined) {
    const missing = `a rule that places ${input.operation.kind} in a sandbox: the host isolates nothing`
    return denied(input, [missing], [because(raising), because(rule)])
  }
  if (!input.hostFunctions.includes(input.operation.kind)) {
    const text = `Nothing on the host carries out ${input.operation.kind}.`
    return denied(
      input,
      [`a host function for ${input.operation.kind}`],
      [{ code: 'host-function-missing', text }, because(rule)],
    )
  }
  const candidates = notConsidered(input, { code: 'placed-on-host', text: 'The operation runs on the host.' })
  return { placement: { kind: 'host' }, reasons: [because(rule)], candidates }
}

interface SandboxCase {
  readonly input: DecisionInput
  readonly facts: Facts
  readonly rule: Rule
  readonly guards: readonly Guard[]
}

function placeInSandbox({ input, facts, rule, guards }: SandboxCase, className: string, base: SandboxClass): Placed {
  const { requirement, reasons } = tighten(base, rule.id, guards, facts)
  const target = requestTarget(input.operation)
  if (target !== undefined && !requirement.egress.some((allowed) => sameDestination(allowed, target))) {
    const cut = reasons.filter(({ code }) => code === 'egress-cut')
    return denied(input, [`leave to reach ${target.host}:${target.port}`], [...cut, because(rule)])
  }
  const assessments = assessAdapters(input, facts, requirement)
  const candidates = toCandidates(assessments)
  const [first] = assessments
  if (first === undefined || first.obstacles.length > 0) {
    const reason = { code: 'no-adapter-qualifies', text: `No adapter is what the class ${className} asks for.` }
    const missing = describeMissing(requirement, assessments)
    return { placement: { kind: 'denied', missing }, reasons: [reason, because(rule), ...reasons], candidates }
  }
  const { name, capabilities } = first.adapter
  return {
    placement: {
      kind: 'sandbox',
      adapter: name,
      isolation: capabilities.isolation,
      class: className,
      egress: requirement.egress.length === 0 ? { mode: 'none' } : { mode: 'allow', rules: [...requirement.egress] },
    },
    reasons: [because(rule), ...reasons, ...findShortfalls(first, assessments, requirement)],
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
