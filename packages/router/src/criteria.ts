import { compareIsolation } from '@caisson/core'
import type { Assessment, Wanted } from './assess-adapters.ts'
import { formatUsd } from './format-usd.ts'

type Order = (left: Assessment, right: Assessment) => number

/** One thing by which adapters are told apart. */
export interface Criterion {
  readonly name: string
  readonly order: Order
  /** What an adapter has of it, in words. */
  readonly of: (assessment: Assessment) => string
}

const byIsolation: Criterion = {
  name: 'isolation',
  order: (left, right) => compareIsolation(right.adapter.capabilities.isolation, left.adapter.capabilities.isolation),
  of: ({ adapter }) => adapter.capabilities.isolation,
}
const byHealth: Criterion = {
  name: 'health',
  order: (left, right) => healthRank(left) - healthRank(right),
  of: ({ adapter }) => adapter.health.status,
}
const byCost: Criterion = {
  name: 'price',
  order: (left, right) => left.estimate.amountUsd - right.estimate.amountUsd,
  of: ({ estimate }) => formatUsd(estimate.amountUsd),
}
const byLatency: Criterion = {
  name: 'latency',
  order: (left, right) => latencyOf(left) - latencyOf(right),
  of: ({ adapter: { latencyMs } }) => (latencyMs === undefined ? 'not measured' : `${Math.round(latencyMs)} ms`),
}
const byName: Criterion = {
  name: 'name',
  order: (left, right) => (left.adapter.name < right.adapter.name ? -1 : 1),
  of: ({ adapter }) => adapter.name,
}

/** The preference first; what it leaves open is settled by health, price, latency and, at last, the name. */
export function criteriaOf({ requirement: { prefer }, preferred }: Wanted): readonly Criterion[] {
  const rest = typeof prefer === 'string' ? [] : [byRank('the order of the class', prefer)]
  const settings = preferred === undefined ? [] : [byRank('the preference of the settings', [preferred])]
  return prefer === 'cheapest'
    ? [...settings, byCost, byHealth, byIsolation, byLatency, byName]
    : [...settings, ...rest, byIsolation, byHealth, byCost, byLatency, byName]
}

function byRank(name: string, names: readonly string[]): Criterion {
  const rank = ({ adapter }: Assessment) => {
    const index = names.indexOf(adapter.name)
    return index === -1 ? names.length : index
  }
  return {
    name,
    order: (left, right) => rank(left) - rank(right),
    of: (assessment) => (rank(assessment) === names.length ? 'not named' : `place ${rank(assessment) + 1}`),
  }
}

export function inTurn(criteria: readonly Criterion[]): Order {
  return (left, right) => {
    for (const { order } of criteria) {
      const difference = order(left, right)
      if (difference !== 0) return difference
    }
    return 0
  }
}

function healthRank({ adapter }: Assessment): number {
  return adapter.health.status === 'healthy' ? 0 : 1
}

function latencyOf({ adapter }: Assessment): number {
  return adapter.latencyMs ?? Number.MAX_SAFE_INTEGER
}
