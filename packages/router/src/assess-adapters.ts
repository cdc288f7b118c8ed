import {
  type Candidate,
  compareIsolation,
  type CostEstimate,
  type LimitKind,
  type Operation,
  type Reason,
} from '@caisson/core'
import type { AdapterState, DecisionInput } from './decision-input.ts'
import { estimateCost } from './estimate-cost.ts'
import type { Facts } from './facts.ts'
import type { Requirement } from './requirement.ts'
import { sandboxTtlMs } from './sandbox-ttl.ts'

/** An adapter against a requirement. It qualifies when there are no obstacles. */
export interface Assessment {
  readonly adapter: AdapterState
  readonly estimate: CostEstimate
  readonly obstacles: readonly Reason[]
}

/** All adapters, those that qualify first and in order of preference. */
export function assessAdapters(input: DecisionInput, facts: Facts, requirement: Requirement): readonly Assessment[] {
  const limits = neededLimits(input.operation, requirement)
  const order = preferenceOrder(requirement.prefer)
  return input.adapters
    .map((adapter) => {
      const estimate = estimateCost(adapter.capabilities.price, input.operation, facts)
      return { adapter, estimate, obstacles: findObstacles({ adapter, estimate, input, requirement, limits }) }
    })
    .toSorted(
      (left, right) => Number(left.obstacles.length > 0) - Number(right.obstacles.length > 0) || order(left, right),
    )
}

/** The limits of the class, and those that the operation sets itself: an adapter would refuse a limit that it cannot hold. */
function neededLimits(operation: Operation, requirement: Requirement): ReadonlySet<LimitKind> {
  const { cpus, memoryBytes, diskBytes, pids } = operation.resources
  const asked: readonly [LimitKind, number | undefined][] = [
    ['cpus', cpus],
    ['memory', memoryBytes],
    ['disk', diskBytes],
    ['pids', pids],
  ]
  return new Set([...requirement.limits, ...asked.flatMap(([kind, value]) => (value === undefined ? [] : [kind]))])
}

interface Examination {
  readonly adapter: AdapterState
  readonly estimate: CostEstimate
  readonly input: DecisionInput
  readonly requirement: Requirement
  readonly limits: ReadonlySet<LimitKind>
}

function findObstacles({ adapter, estimate, input, requirement, limits }: Examination): readonly Reason[] {
  const { capabilities, health } = adapter
  const { operation, remainingBudgetUsd } = input
  const obstacles: Reason[] = []
  const obstacle = (code: string, text: string, evidence?: string) =>
    obstacles.push(evidence === undefined ? { code, text } : { code, text, evidence })

  if (health.status === 'unavailable')
    obstacle('unhealthy', health.reason ?? 'The adapter is unavailable.', health.remedy)
  if (compareIsolation(capabilities.isolation, requirement.isolation) < 0) {
    obstacle('isolation-too-weak', `Reaches ${capabilities.isolation}; ${requirement.isolation} is needed.`)
  }
  for (const feature of requirement.features) {
    if (!capabilities.features.includes(feature)) obstacle('feature-missing', `Lacks the feature ${feature}.`, feature)
  }
  for (const limit of limits) {
    if (!capabilities.limits.includes(limit)) obstacle('limit-missing', `Cannot hold a limit on ${limit}.`, limit)
  }
  if (operation.template !== undefined && !capabilities.templates.includes(operation.template)) {
    obstacle('template-unknown', 'Does not know the template.', operation.template)
  }
  const ttlMs = sandboxTtlMs(operation)
  if (ttlMs > capabilities.maxTtlMs) {
    obstacle('ttl-too-long', `Keeps sandboxes for ${capabilities.maxTtlMs} ms at most; ${ttlMs} ms are needed.`)
  }
  if (requirement.locality === 'machine' && capabilities.locality !== 'machine') {
    obstacle('locality', 'Code and data would leave this machine.')
  }
  if (remainingBudgetUsd !== undefined && estimate.amountUsd > remainingBudgetUsd) {
    obstacle('over-budget', `Would cost $${estimate.amountUsd}; $${remainingBudgetUsd} are left.`)
  }
  return obstacles
}

type Order = (left: Assessment, right: Assessment) => number

const byIsolation: Order = (left, right) =>
  compareIsolation(right.adapter.capabilities.isolation, left.adapter.capabilities.isolation)
const byHealth: Order = (left, right) => healthRank(left) - healthRank(right)
const byCost: Order = (left, right) => left.estimate.amountUsd - right.estimate.amountUsd
const byLatency: Order = (left, right) => latencyOf(left) - latencyOf(right)
const byName: Order = (left, right) => (left.adapter.name < right.adapter.name ? -1 : 1)

/** The preference first; what it leaves open is settled by health, cost, latency and, at last, the name. */
function preferenceOrder(prefer: Requirement['prefer']): Order {
  if (prefer === 'strongest') return inTurn([byIsolation, byHealth, byCost, byLatency, byName])
  if (prefer === 'cheapest') return inTurn([byCost, byHealth, byIsolation, byLatency, byName])
  const rank = ({ adapter }: Assessment) => {
    const index = prefer.indexOf(adapter.name)
    return index === -1 ? prefer.length : index
  }
  const byRank: Order = (left, right) => rank(left) - rank(right)
  return inTurn([byRank, byIsolation, byHealth, byCost, byLatency, byName])
}

function inTurn(orders: readonly Order[]): Order {
  return (left, right) => {
    for (const order of orders) {
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

/** The assessments as a decision shows them. */
export function toCandidates(assessments: readonly Assessment[]): readonly Candidate[] {
  return assessments.map(({ adapter, estimate, obstacles }, index) => {
    const verdict = obstacles.length > 0 ? 'rejected' : index === 0 ? 'chosen' : 'fallback'
    const reasons = verdict === 'rejected' ? [...obstacles] : [...standing(verdict), ...caveats(adapter)]
    return { adapter: adapter.name, isolation: adapter.capabilities.isolation, verdict, reasons, estimate }
  })
}

function standing(verdict: 'chosen' | 'fallback'): readonly Reason[] {
  return verdict === 'chosen'
    ? [{ code: 'most-preferred', text: 'Comes first in the order of the class among the adapters that qualify.' }]
    : [{ code: 'less-preferred', text: 'Qualifies, and takes over if those before it fail.' }]
}

function caveats({ health }: AdapterState): readonly Reason[] {
  return health.status === 'degraded' ? [{ code: 'degraded', text: health.reason ?? 'The adapter is degraded.' }] : []
}
