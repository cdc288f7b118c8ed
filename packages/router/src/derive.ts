import type { Decision } from '@caisson/core'
import { conclude } from './conclude.ts'
import type { DecisionInput } from './decision-input.ts'
import { collectFacts, type Facts } from './facts.ts'
import type { Compiled } from './policy.ts'
import type { Guard, Rule } from './policy-schema.ts'

/** One condition against the facts. */
export interface TriedCondition {
  readonly fact: string
  readonly wanted: string
  readonly actual: string
  readonly holds: boolean
}

/** What became of one rule or guard. */
export interface Trial<Source extends Rule | Guard> {
  readonly source: Source
  readonly matched: boolean
  readonly conditions: readonly TriedCondition[]
  /** Of a rule: whether it stands behind the one that decided, so that it does not count. */
  readonly tooLate: boolean
}

/** A decision with the way that led to it. */
export interface Derivation {
  readonly decision: Decision
  readonly facts: Facts
  /** All, in order. */
  readonly rules: readonly Trial<Rule>[]
  readonly guards: readonly Trial<Guard>[]
}

/** The decision on an operation with its whole derivation. Pure: the same input always gives the same answer. */
export function derive(input: DecisionInput): Derivation {
  const facts = collectFacts(input)
  const rules = tryInOrder(input.policy.rules, facts)
  const guards = input.policy.guards.map((guard) => attempt(guard, facts))
  const decision = conclude(input, facts, {
    rule: rules.find(({ matched }) => matched)?.source,
    guards: guards.flatMap(({ source, matched }) => (matched ? [source] : [])),
  })
  return { decision, facts, rules, guards }
}

function tryInOrder(rules: readonly Compiled<Rule>[], facts: Facts): readonly Trial<Rule>[] {
  let decided = false
  return rules.map((rule) => {
    const trial = attempt(rule, facts, decided)
    decided ||= trial.matched
    return trial
  })
}

function attempt<Source extends Rule | Guard>(rule: Compiled<Source>, facts: Facts, tooLate = false): Trial<Source> {
  const conditions = rule.conditions.map(({ fact, wanted, holds, actual }) => ({
    fact,
    wanted,
    actual: actual(facts),
    holds: holds(facts),
  }))
  return { source: rule.source, matched: conditions.every(({ holds }) => holds), conditions, tooLate }
}
