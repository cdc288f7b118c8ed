import { compareIsolation, type Reason } from '@caisson/core'
import type { Assessment } from './assess-adapters.ts'
import type { Preference } from './compile-settings.ts'
import type { Requirement } from './requirement.ts'

export interface Wish {
  readonly requirement: Requirement
  readonly preferred: Preference | undefined
}

/** Where the chosen adapter is less than what the class would rather have had. Nothing weaker is ever taken without one of these. */
export function findShortfalls(
  chosen: Assessment,
  all: readonly Assessment[],
  { requirement, preferred }: Wish,
): readonly Reason[] {
  return [
    ...notDefault(chosen, all, preferred),
    ...weakerThanPreferred(chosen, all, requirement),
    ...(preferred?.backend === chosen.adapter.name ? [] : passedOver(chosen, all, requirement)),
    ...degraded(chosen),
  ]
}

function notDefault(
  { adapter: chosen }: Assessment,
  all: readonly Assessment[],
  preferred: Preference | undefined,
): readonly Reason[] {
  if (preferred === undefined) return []
  const { backend, source } = preferred
  if (backend === chosen.name) {
    return [{ code: 'preferred-backend', text: `The settings prefer ${backend}.`, evidence: source }]
  }
  const candidate = all.find(({ adapter }) => adapter.name === backend)
  const why = candidate === undefined ? `${backend} is not configured` : nameAndVerdict(candidate)
  return [{ code: 'preferred-not-available', text: `The settings prefer ${backend}: ${why}.`, evidence: source }]
}

function weakerThanPreferred(
  { adapter: chosen }: Assessment,
  all: readonly Assessment[],
  { prefer, ideal }: Requirement,
): readonly Reason[] {
  const reached = chosen.capabilities.isolation
  const lost = all.filter(({ adapter }) => compareIsolation(adapter.capabilities.isolation, reached) > 0)
  const belowIdeal = compareIsolation(reached, ideal) < 0
  if (!belowIdeal && !(prefer === 'strongest' && lost.length > 0)) return []
  const wish = belowIdeal ? `${ideal} is preferred; ` : ''
  const why = lost.length === 0 ? 'no stronger adapter is configured' : lost.map(nameAndVerdict).join(', ')
  const text = `${wish}${chosen.name} reaches ${reached}: ${why}.`
  return [{ code: 'weaker-than-preferred', text, evidence: reached }]
}

function passedOver(chosen: Assessment, all: readonly Assessment[], { prefer }: Requirement): readonly Reason[] {
  if (typeof prefer === 'string') return []
  const rank = prefer.indexOf(chosen.adapter.name)
  const before = rank === -1 ? prefer : prefer.slice(0, rank)
  if (before.length === 0) return []
  const why = before.map((name) => {
    const candidate = all.find(({ adapter }) => adapter.name === name)
    return candidate === undefined ? `${name} is not configured` : nameAndVerdict(candidate)
  })
  return [
    { code: 'preferred-not-available', text: `Others are preferred to ${chosen.adapter.name}: ${why.join(', ')}.` },
  ]
}

function degraded({ adapter: { name, health } }: Assessment): readonly Reason[] {
  if (health.status !== 'degraded') return []
  return [{ code: 'degraded', text: `${name} is degraded${health.reason === undefined ? '' : `: ${health.reason}`}.` }]
}

function nameAndVerdict({ adapter, obstacles }: Assessment): string {
  return `${adapter.name} is ${obstacles.length === 0 ? 'less preferred' : `rejected (${obstacles.map(({ code }) => code).join(', ')})`}`
}
