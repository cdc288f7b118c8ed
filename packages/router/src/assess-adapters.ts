import { compareIsolation, type CostEstimate, type LimitKind, type Operation, type Reason } from '@caisson/core'
import { backendRules } from './backends.ts'
import type { BackendRule } from './compile-settings.ts'
import type { AdapterState, DecisionInput } from './decision-input.ts'
import { criteriaOf, inTurn } from './criteria.ts'
import { estimateCost } from './estimate-cost.ts'
import type { Facts } from './facts.ts'
import { formatUsd } from './format-usd.ts'
import type { Requirement } from './requirement.ts'
import { sandboxTtlMs } from './sandbox-ttl.ts'

/** An adapter against a requirement. It qualifies when there are no obstacles. */
export interface Assessment {
  readonly adapter: AdapterState
  readonly estimate: CostEstimate
  readonly obstacles: readonly Reason[]
}

export interface Wanted {
  readonly requirement: Requirement
  /** The adapter that comes first if it qualifies. */
  readonly preferred: string | undefined
}

/** All adapters, those that qualify first and in order of preference. */
export function assessAdapters(
  input: DecisionInput,
  facts: Facts,
  { requirement, preferred }: Wanted,
): readonly Assessment[] {
  const limits = neededLimits(input.operation, requirement)
  const order = inTurn(criteriaOf({ requirement, preferred }))
  return input.adapters
    .map((adapter) => {
      const estimate = estimateCost(adapter.capabilities.price, input.operation, facts)
      const rules = backendRules(input.policy, facts, adapter.name)
      return { adapter, estimate, obstacles: findObstacles({ adapter, estimate, input, requirement, limits, rules }) }
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
    ['volume', operation.kind === 'agents.parallel' ? operation.input.share?.sizeBytes : undefined],
  ]
  return new Set([...requirement.limits, ...asked.flatMap(([kind, value]) => (value === undefined ? [] : [kind]))])
}

interface Examination {
  readonly adapter: AdapterState
  readonly estimate: CostEstimate
  readonly input: DecisionInput
  readonly requirement: Requirement
  readonly limits: ReadonlySet<LimitKind>
  readonly rules: readonly BackendRule[]
}

function findObstacles({ adapter, estimate, input, requirement, limits, rules }: Examination): readonly Reason[] {
  const { capabilities, health } = adapter
  const { operation, remainingBudgetUsd } = input
  const obstacles: Reason[] = []
  const obstacle = (code: string, text: string, evidence?: string) =>
    obstacles.push(evidence === undefined ? { code, text } : { code, text, evidence })

  if (health.status === 'unavailable')
    obstacle('unhealthy', health.reason ?? 'The adapter is unavailable.', health.remedy)
  const { accepted } = requirement
  if (accepted !== undefined && !accepted.includes(adapter.name)) {
    obstacle('not-accepted', `The class accepts no other than ${accepted.join(', ')}.`)
  }
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
  const timeoutMs = requirement.permissions.timeoutMs ?? operation.timeoutMs
  const ttlMs = sandboxTtlMs(timeoutMs)
  if (ttlMs > capabilities.maxTtlMs) {
    obstacle('ttl-too-long', `Keeps sandboxes for ${capabilities.maxTtlMs} ms at most; ${ttlMs} ms are needed.`)
  }
  if (requirement.locality === 'machine' && capabilities.locality !== 'machine') {
    obstacle('locality', 'Code and data would leave this machine.')
  }
  const region = rules.find(({ settings }) => settings.region !== undefined)?.settings.region ?? capabilities.region
  if (requirement.regions !== undefined && (region === undefined || !requirement.regions.includes(region))) {
    const wanted = requirement.regions.length === 0 ? 'no region at all' : requirement.regions.join(' or ')
    obstacle('region', `Is in ${region ?? 'a region that it does not name'}; ${wanted} is needed.`, region)
  }
  for (const { settings, source } of rules) {
    const { enabled, maxDurationMs, maxCostUsd } = settings
    if (!enabled) obstacle('switched-off', 'The settings do not allow it.', source)
    if (maxDurationMs !== undefined && timeoutMs > maxDurationMs) {
      obstacle('duration-too-long', `May be used for ${maxDurationMs} ms at most; ${timeoutMs} ms are needed.`, source)
    }
    if (maxCostUsd !== undefined && estimate.amountUsd > maxCostUsd) {
      obstacle(
        'too-dear',
        `Would cost ${formatUsd(estimate.amountUsd)}; ${formatUsd(maxCostUsd)} are allowed for one operation.`,
        source,
      )
    }
  }
  if (remainingBudgetUsd !== undefined && estimate.amountUsd > remainingBudgetUsd) {
    obstacle('over-budget', `Would cost ${formatUsd(estimate.amountUsd)}; ${formatUsd(remainingBudgetUsd)} are left.`)
  }
  return obstacles
}
