import type { ApprovalTerms } from '@caisson/core'
import type { ApprovalWish } from './grants-schema.ts'

/** What all wishes come to: the most people, the shortest times. */
export function strictestTerms(wishes: readonly ApprovalWish[]): ApprovalTerms | undefined {
  if (wishes.length === 0) return undefined
  const terms = wishes.map((wish) => (wish === 'required' ? { people: 1 } : wish))
  return {
    people: Math.max(...terms.map(({ people }) => people)),
    ...shortest('expiresAfterMs', terms),
    ...shortest('escalateAfterMs', terms),
  }
}

function shortest(key: 'expiresAfterMs' | 'escalateAfterMs', terms: readonly Exclude<ApprovalWish, string>[]) {
  const given = terms.flatMap((one) => one[key] ?? [])
  return given.length === 0 ? {} : { [key]: Math.min(...given) }
}
