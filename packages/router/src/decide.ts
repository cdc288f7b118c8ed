import type { Decision } from '@caisson/core'
import { conclude } from './conclude.ts'
import type { DecisionInput } from './decision-input.ts'
import { collectFacts, type Facts } from './facts.ts'
import type { Compiled } from './policy.ts'
import type { Guard, Rule } from './policy-schema.ts'

/** Where an operation runs, and why. Pure: the same input always gives the same decision. */
export function decide(input: DecisionInput): Decision {
  const facts = collectFacts(input)
  return conclude(input, facts, {
    rule: input.policy.rules.find((rule) => holds(rule, facts))?.source,
    guards: input.policy.guards.filter((guard) => holds(guard, facts)).map(({ source }) => source),
  })
}

function holds({ conditions }: Compiled<Rule | Guard>, facts: Facts): boolean {
  return conditions.every((condition) => condition.holds(facts))
}
