import { compareIsolation, type EgressRule, type IsolationLevel, type Reason } from '@caisson/core'
import { cutEgress, type SourcedGrant } from './cut-egress.ts'
import type { Facts } from './facts.ts'
import type { Guard, SandboxClass } from './policy-schema.ts'

/** What a class asks for after all guards have tightened it. */
export interface Requirement {
  readonly isolation: IsolationLevel
  readonly ideal: IsolationLevel
  readonly locality: SandboxClass['locality']
  readonly features: SandboxClass['features']
  readonly limits: SandboxClass['limits']
  readonly prefer: SandboxClass['prefer']
  readonly egress: readonly EgressRule[]
}

export interface Tightened {
  readonly requirement: Requirement
  /** One for every guard that changed something, and one for every destination cut. */
  readonly reasons: readonly Reason[]
}

/** Applies guards to a class. Each can only raise, narrow or cut. */
export function tighten(base: SandboxClass, rule: string, guards: readonly Guard[], facts: Facts): Tightened {
  let { isolation, ideal = base.isolation, locality } = base
  const grants: SourcedGrant[] = [{ rule, grant: base.egress }]
  const reasons: Reason[] = []
  for (const { then, ...guard } of guards) {
    const raisedIsolation = stronger(isolation, then.isolation)
    const raisedIdeal = stronger(stronger(ideal, then.ideal), raisedIsolation)
    const narrowed = then.locality ?? locality
    if (raisedIsolation !== isolation || raisedIdeal !== ideal || narrowed !== locality) reasons.push(because(guard))
    isolation = raisedIsolation
    ideal = raisedIdeal
    locality = narrowed
    if (then.egress !== undefined) grants.push({ rule: guard.id, grant: then.egress })
  }
  const cut = cutEgress(facts.egress, grants)
  const features = new Set(base.features)
  if (cut.allowed.length > 0) features.add('egress-allow')
  if (facts.stateful) features.add('code')
  return {
    requirement: {
      isolation,
      ideal,
      locality,
      features: [...features],
      limits: base.limits,
      prefer: base.prefer,
      egress: cut.allowed,
    },
    reasons: [...reasons, ...cut.reasons],
  }
}

/** The reason that a rule or guard gives. */
export function because(source: { readonly id: string; readonly reason: string; readonly text: string }): Reason {
  return { code: source.reason, text: source.text, rule: source.id }
}

export function stronger(level: IsolationLevel, other: IsolationLevel | undefined): IsolationLevel {
  return other !== undefined && compareIsolation(other, level) > 0 ? other : level
}
