import type { Decision } from '@caisson/core'
import type { DecisionInput } from './decision-input.ts'
import { derive } from './derive.ts'

/** Where an operation runs, and why. Pure: the same input always gives the same decision. */
export function decide(input: DecisionInput): Decision {
  return derive(input).decision
}
