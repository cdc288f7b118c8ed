import type { Feature, IsolationLevel, LimitKind } from '@caisson/core'

export const groups = [
  'lifecycle',
  'processes',
  'streams',
  'attach',
  'terminal',
  'files',
  'watch',
  'limits',
  'cancellation',
  'isolation',
  'errors',
  'capabilities',
  'users',
  'code',
  'pause',
  'ports',
  'egress',
  'metrics',
  'content',
  'volumes',
] as const
export type Group = (typeof groups)[number]

/** One thing that every adapter has to do, and where the contract says so. */
export interface Requirement {
  /** `<group>.<name>`. Stable: reports and known failures cite it. */
  readonly id: `${Group}.${string}`
  /** The member of `@caisson/core` whose docstring promises it, or the section of the architecture. */
  readonly source: string
  /** What a caller sees, as one sentence. */
  readonly behaviour: string
  /** Abilities without which it says nothing. An adapter that declares all of them must pass. */
  readonly needs?: readonly (Feature | LimitKind)[] | undefined
  /** Narrows it to adapters that claim at least this isolation. */
  readonly restriction?: { readonly atLeast: IsolationLevel; readonly reason: string } | undefined
}

/** Whether `only`, ids or groups, names it. Without `only` all are wanted. */
export function isWanted(requirement: Requirement, only: readonly string[] | undefined): boolean {
  return only === undefined || only.includes(requirement.id) || only.includes(groupOf(requirement))
}

export function groupOf(requirement: Requirement): string {
  return requirement.id.slice(0, requirement.id.indexOf('.'))
}
