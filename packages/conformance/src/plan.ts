import { type AdapterCapabilities, compareIsolation } from '@caisson/core'
import { checkLists } from './checks/checks.ts'
import { coverageProblems } from './coverage.ts'
import type { Check } from './kit/kit.ts'
import type { Requirement } from './requirement.ts'
import { requirements } from './requirements/requirements.ts'
import type { ConformanceTarget } from './target.ts'

/** What happens with one requirement for one target. */
export type Plan = { readonly requirement: Requirement } & (
  | { readonly kind: 'check'; readonly check: Check }
  | { readonly kind: 'known-failure'; readonly check: Check; readonly reason: string }
  | { readonly kind: 'skip'; readonly reason: string }
)

/** Plans all requirements. Throws when a target names an unknown requirement or gives no reason. */
export function planFor(target: ConformanceTarget, capabilities: AdapterCapabilities): readonly Plan[] {
  const problems = coverageProblems(requirements, checkLists, target.restrictions)
  if (problems.length > 0) throw new Error(`${target.name}: ${problems.join('; ')}`)
  const checks: ReadonlyMap<string, Check> = new Map(checkLists.flatMap((list) => Object.entries(list)))
  return requirements.flatMap((requirement): Plan[] => {
    const check = checks.get(requirement.id)
    if (check === undefined) return []
    const skipped = whyNot(requirement, capabilities)
    if (skipped !== undefined) return [{ requirement, kind: 'skip', reason: skipped }]
    const known = target.restrictions?.find(({ id }) => id === requirement.id)
    if (known !== undefined) return [{ requirement, kind: 'known-failure', check, reason: known.reason }]
    return [{ requirement, kind: 'check', check }]
  })
}

function whyNot({ needs = [], restriction }: Requirement, capabilities: AdapterCapabilities): string | undefined {
  const offered = new Set<string>([...capabilities.features, ...capabilities.limits])
  const missing = needs.filter((need) => !offered.has(need))
  if (missing.length > 0) return `does not declare ${missing.join(', ')}`
  if (restriction !== undefined && compareIsolation(capabilities.isolation, restriction.atLeast) < 0) {
    return restriction.reason
  }
  return undefined
}
