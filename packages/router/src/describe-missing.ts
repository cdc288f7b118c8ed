import type { Assessment } from './assess-adapters.ts'
import type { Requirement } from './requirement.ts'

/** What would have to be there: the adapter that is needed, then what each of those that are there lacks. */
export function describeMissing(requirement: Requirement, assessments: readonly Assessment[]): string[] {
  const { isolation, features, limits, locality, regions, accepted } = requirement
  const needs = [
    `reaches ${isolation}`,
    ...(features.length === 0 ? [] : [`offers ${features.join(', ')}`]),
    ...(limits.length === 0 ? [] : [`holds limits on ${limits.join(', ')}`]),
    ...(regions === undefined ? [] : [`is in ${regions.length === 0 ? 'no region' : regions.join(' or ')}`]),
    ...(accepted === undefined ? [] : [`is ${accepted.join(' or ')}`]),
    ...(locality === 'machine' ? ['runs on this machine'] : []),
  ]
  const lacks = assessments.map(
    ({ adapter, obstacles }) => `${adapter.name}: ${obstacles.map(({ text }) => text).join(' ')}`,
  )
  return [`an available adapter that ${needs.join(' and ')}`, ...lacks]
}
