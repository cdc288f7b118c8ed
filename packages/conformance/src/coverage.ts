import type { Checks } from './kit/kit.ts'
import type { Requirement } from './requirement.ts'
import type { KnownFailure } from './target.ts'

/** What does not fit between requirements, their checks and the known failures of a target. Empty when all is well. */
export function coverageProblems(
  requirements: readonly Requirement[],
  checkLists: readonly Checks[],
  knownFailures: readonly KnownFailure[] = [],
): string[] {
  const problems: string[] = []
  const ids = new Set<string>(requirements.map(({ id }) => id))
  const checked = checkLists.flatMap((checks) => Object.keys(checks))
  if (ids.size < requirements.length)
    problems.push(
      ...repeated(
        requirements.map(({ id }) => id),
        'requirement',
      ),
    )
  for (const id of ids) if (!checked.includes(id)) problems.push(`requirement ${id} has no check`)
  for (const id of checked) if (!ids.has(id)) problems.push(`a check names the unknown requirement ${id}`)
  problems.push(...repeated(checked, 'check of'))
  for (const { id, restriction } of requirements) {
    if (restriction?.reason.trim() === '') problems.push(`the restriction of ${id} has no reason`)
  }
  for (const { id, reason } of knownFailures) {
    if (!ids.has(id)) problems.push(`a known failure names the unknown requirement ${id}`)
    if (reason.trim() === '') problems.push(`the known failure of ${id} has no reason`)
  }
  problems.push(
    ...repeated(
      knownFailures.map(({ id }) => id),
      'known failure of',
    ),
  )
  return problems
}

function repeated(ids: readonly string[], what: string): string[] {
  return ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${what} ${id} is there twice`)
}
