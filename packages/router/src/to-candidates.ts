import type { Candidate, Reason } from '@caisson/core'
import type { Assessment, Wanted } from './assess-adapters.ts'
import { type Criterion, criteriaOf } from './criteria.ts'
import type { AdapterState } from './decision-input.ts'

/** The assessments as a decision shows them. */
export function toCandidates(assessments: readonly Assessment[], wanted: Wanted): readonly Candidate[] {
  const criteria = criteriaOf(wanted)
  const [first] = assessments
  return assessments.map((assessment, index) => {
    const { adapter, estimate, obstacles } = assessment
    const verdict = obstacles.length > 0 ? 'rejected' : index === 0 ? 'chosen' : 'fallback'
    const reasons =
      verdict === 'rejected'
        ? [...obstacles]
        : [standing(verdict, assessment, { first, criteria }), ...caveats(adapter)]
    return { adapter: adapter.name, isolation: adapter.capabilities.isolation, verdict, reasons, estimate }
  })
}

interface Contest {
  readonly first: Assessment | undefined
  readonly criteria: readonly Criterion[]
}

function standing(verdict: 'chosen' | 'fallback', one: Assessment, { first, criteria }: Contest): Reason {
  if (verdict === 'chosen' || first === undefined) {
    return { code: 'most-preferred', text: 'Comes first in the order of the class among the adapters that qualify.' }
  }
  const lost = criteria.find(({ order }) => order(first, one) !== 0)
  const why =
    lost === undefined
      ? ''
      : ` ${first.adapter.name} comes first by ${lost.name}: ${lost.of(first)} against ${lost.of(one)}.`
  return { code: 'less-preferred', text: `Qualifies, and takes over if those before it fail.${why}` }
}

function caveats({ health }: AdapterState): readonly Reason[] {
  return health.status === 'degraded' ? [{ code: 'degraded', text: health.reason ?? 'The adapter is degraded.' }] : []
}
