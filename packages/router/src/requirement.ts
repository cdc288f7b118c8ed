import {
  compareIsolation,
  type EgressRule,
  type IsolationLevel,
  isWideRule,
  type Operation,
  type Permissions,
  type Reason,
} from '@caisson/core'
import { cutEgress, type SourcedGrant } from './cut-egress.ts'
import { cutPermissions, type SourcedPermissions } from './cut-permissions.ts'
import type { Facts } from './facts.ts'
import type { Guard, PolicyDocument, SandboxClass } from './policy-schema.ts'

/** What a class asks for after all guards have tightened it. */
export interface Requirement {
  readonly isolation: IsolationLevel
  readonly ideal: IsolationLevel
  readonly locality: SandboxClass['locality']
  /** Where it may be. Absent: anywhere. */
  readonly regions: readonly string[] | undefined
  readonly features: SandboxClass['features']
  readonly limits: SandboxClass['limits']
  readonly prefer: SandboxClass['prefer']
  /** The adapters that come into question at all. Absent: all. */
  readonly accepted: readonly string[] | undefined
  readonly egress: readonly EgressRule[]
  readonly permissions: Permissions
}

export interface Tightened {
  readonly requirement: Requirement
  /** One for every guard that changed something, and one for everything cut. */
  readonly reasons: readonly Reason[]
}

export interface TightenOptions {
  readonly operation: Operation
  readonly facts: Facts
  /** Id of the rule that asks for the class. */
  readonly rule: string
  readonly guards: readonly Guard[]
  readonly registries: PolicyDocument['registries']
}

/** Applies the caller's own wishes and the guards to a class. Each can only raise, narrow or cut. */
export function tighten(base: SandboxClass, { operation, facts, rule, guards, registries }: TightenOptions): Tightened {
  const reasons: Reason[] = []
  let isolation = stronger(base.isolation, facts.isolation)
  if (isolation !== base.isolation) {
    const text = `The caller accepts nothing weaker than ${isolation}.`
    reasons.push({ code: 'caller-asks-for-more', text, evidence: isolation })
  }
  let ideal = stronger(base.ideal ?? base.isolation, isolation)
  let { locality } = base
  let regions = narrow(base.regions, facts.region === undefined ? undefined : [facts.region])
  const egress: SourcedGrant[] = []
  const permissions: SourcedPermissions[] = [{ rule, grant: { ports: [], packages: [], ...base.permissions } }]
  for (const { then, ...guard } of guards) {
    const raisedIsolation = stronger(isolation, then.isolation)
    const raisedIdeal = stronger(stronger(ideal, then.ideal), raisedIsolation)
    const narrowed = then.locality ?? locality
    const fewer = narrow(regions, then.regions)
    const changed =
      raisedIsolation !== isolation ||
      raisedIdeal !== ideal ||
      narrowed !== locality ||
      fewer?.length !== regions?.length
    if (changed) reasons.push(because(guard))
    isolation = raisedIsolation
    ideal = raisedIdeal
    locality = narrowed
    regions = fewer
    if (then.egress !== undefined) egress.push({ rule: guard.id, grant: then.egress })
    if (then.permissions !== undefined) permissions.push({ rule: guard.id, grant: then.permissions })
  }
  const granted = cutPermissions(operation, permissions, registries)
  const reached = cutEgress(facts.egress, [{ rule, grant: base.egress }, ...egress])
  // The class allows registries by their name; only guards can still take them away.
  const registriesReached = cutEgress(granted.registries, egress)
  const allowed = [...reached.allowed, ...registriesReached.allowed]
  const features = new Set([...base.features, ...facts.features])
  if (allowed.length > 0) features.add('egress-allow')
  if (allowed.some(isWideRule)) features.add('egress-networks')
  // Who asks for any port takes what the adapter has.
  const { ports = [] } = granted.permissions
  if (ports !== 'any' && facts.ports !== 'any' && ports.length > 0) features.add('ports')
  return {
    requirement: {
      isolation,
      ideal,
      locality,
      regions,
      features: [...features],
      limits: base.limits,
      ...orderOf(base),
      egress: allowed,
      permissions: granted.permissions,
    },
    reasons: [...reasons, ...reached.reasons, ...granted.reasons, ...registriesReached.reasons],
  }
}

function orderOf({ prefer, fallbacks = 'any' }: SandboxClass): Pick<Requirement, 'prefer' | 'accepted'> {
  if (typeof prefer === 'string' || fallbacks === 'any') return { prefer, accepted: undefined }
  const all = [...prefer, ...fallbacks]
  return { prefer: all, accepted: all }
}

/** The reason that a rule or guard gives. */
export function because(source: { readonly id: string; readonly reason: string; readonly text: string }): Reason {
  return { code: source.reason, text: source.text, rule: source.id }
}

export function stronger(level: IsolationLevel, other: IsolationLevel | undefined): IsolationLevel {
  return other !== undefined && compareIsolation(other, level) > 0 ? other : level
}

function narrow(
  some: readonly string[] | undefined,
  others: readonly string[] | undefined,
): readonly string[] | undefined {
  if (some === undefined || others === undefined) return some ?? others
  return some.filter((one) => others.includes(one))
}
