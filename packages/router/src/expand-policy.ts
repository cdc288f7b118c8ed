import { airGapped } from './policies/air-gapped.ts'
import { defaults } from './policies/default.ts'
import { strict } from './policies/strict.ts'
import { type PolicyDocument, policySchema, type PolicySource, type ShippedName } from './policy-schema.ts'

const shipped: Readonly<Record<ShippedName, PolicyDocument>> = {
  default: policySchema.parse(defaults),
  strict: policySchema.parse(strict),
  'air-gapped': policySchema.parse(airGapped),
}

/** Something wrong with a policy that only shows when all its parts are together. */
export interface Fault {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The policy together with the one that it stands on, and what is wrong with the whole. */
export function expandPolicy({ extends: name, ...own }: PolicySource): {
  readonly document: PolicyDocument
  readonly faults: readonly Fault[]
} {
  const base = name === undefined ? undefined : shipped[name]
  const replaced = new Set(own.rules.map(({ id }) => id))
  const document: PolicyDocument =
    base === undefined
      ? own
      : {
          ...own,
          classes: { ...base.classes, ...own.classes },
          rules: [...own.rules, ...base.rules.filter(({ id }) => !replaced.has(id))],
          guards: [...own.guards, ...base.guards],
          registries: { ...base.registries, ...own.registries },
        }
  return { document, faults: findFaults(own, document) }
}

function findFaults(own: PolicyDocument, whole: PolicyDocument): readonly Fault[] {
  const faults: Fault[] = []
  if (whole.rules.length === 0) faults.push({ path: ['rules'], message: 'a policy has at least one rule' })
  const ruleIds = new Set<string>()
  for (const [index, { id, then }] of own.rules.entries()) {
    if (ruleIds.has(id)) faults.push({ path: ['rules', index, 'id'], message: `"${id}" is used twice` })
    ruleIds.add(id)
    if (then.place !== 'sandbox' || Object.hasOwn(whole.classes, then.class)) continue
    const known = Object.keys(whole.classes).join(', ')
    const message = `there is no class "${then.class}"; the policy has: ${known === '' ? 'none' : known}`
    faults.push({ path: ['rules', index, 'then', 'class'], message })
  }
  const otherIds = new Set([...whole.rules, ...whole.guards.slice(own.guards.length)].map(({ id }) => id))
  for (const [index, { id }] of own.guards.entries()) {
    if (otherIds.has(id)) faults.push({ path: ['guards', index, 'id'], message: `"${id}" is used twice` })
    otherIds.add(id)
  }
  return faults
}
