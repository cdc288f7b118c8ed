import type {
  AdapterHealth,
  EgressRule,
  Feature,
  Finding,
  IsolationLevel,
  Language,
  Operation,
  OperationOf,
} from '@caisson/core'
import type { AdapterState } from './decision-input.ts'
import { estimateCost } from './estimate-cost.ts'

/** What rules can ask about. Derived from the operation once, before any rule is looked at. */
export interface Facts {
  readonly kind: Operation['kind']
  readonly trust: Operation['trust']
  readonly sensitivity: Operation['sensitivity']
  readonly organization: string
  readonly agentType: string | undefined
  readonly template: string | undefined
  /** Where in the world the caller wants it to run. */
  readonly region: string | undefined
  /** Of a `tool.call`. */
  readonly tool: string | undefined
  /** Whether a sandbox has something to run. Only a `tool.call` can be without. */
  readonly hasTask: boolean
  /** Abilities that the operation needs, those included that follow from what it is. */
  readonly features: readonly Feature[]
  /** The weakest that the caller accepts. */
  readonly isolation: IsolationLevel
  /** Of all the code that the operation brings along as such. */
  readonly languages: readonly Language[]
  /** Sandboxes in use at one time. */
  readonly parallelism: number
  /** What the caller expects, else the time limit. */
  readonly expectedDurationMs: number
  /** Destinations that the operation asks for, the target of a request included. */
  readonly egress: readonly EgressRule[]
  readonly packages: readonly string[]
  readonly ports: 'any' | readonly number[]
  readonly remainingBudgetUsd: number | undefined
  readonly findings: readonly Finding[]
  readonly healthOf: (adapter: string) => AdapterHealth['status'] | 'absent'
  /** Of the cheapest adapter that is there. */
  readonly priceUsd: () => number | undefined
}

export interface FactSources {
  readonly operation: Operation
  readonly organization: string
  readonly findings: readonly Finding[]
  readonly adapters: readonly AdapterState[]
  readonly remainingBudgetUsd?: number | undefined
}

export function collectFacts({ operation, organization, findings, adapters, remainingBudgetUsd }: FactSources): Facts {
  const scale = {
    parallelism: parallelismOf(operation),
    expectedDurationMs: operation.expectedDurationMs ?? operation.timeoutMs,
  }
  return {
    ...scale,
    kind: operation.kind,
    trust: operation.trust,
    sensitivity: operation.sensitivity,
    organization,
    agentType: operation.agentType,
    template: operation.template,
    region: operation.region,
    tool: operation.kind === 'tool.call' ? operation.input.tool : undefined,
    hasTask: operation.kind !== 'tool.call' || operation.input.task !== undefined,
    features: featuresOf(operation),
    isolation: operation.isolation ?? 'none',
    languages: languagesOf(operation),
    egress: egressOf(operation),
    packages: operation.packages ?? [],
    ports: operation.ports ?? [],
    remainingBudgetUsd,
    findings,
    healthOf: (adapter) => adapters.find(({ name }) => name === adapter)?.health.status ?? 'absent',
    priceUsd: () => {
      const prices = adapters
        .filter(({ health }) => health.status !== 'unavailable')
        .map(({ capabilities }) => estimateCost(capabilities.price, operation, scale).amountUsd)
      return prices.length === 0 ? undefined : Math.min(...prices)
    },
  }
}

function featuresOf(operation: Operation): readonly Feature[] {
  const isStateful = operation.kind === 'code.execute' && operation.input.stateful === true
  const shares = operation.kind === 'agents.parallel' && operation.input.share !== undefined
  const implied: readonly Feature[] = [
    ...(isStateful ? (['code'] as const) : []),
    ...(shares ? (['volumes'] as const) : []),
  ]
  return [...new Set([...(operation.features ?? []), ...implied])]
}

/** Where an HTTP request goes, as an egress rule. `undefined` for other kinds. */
export function requestTarget(operation: Operation): EgressRule | undefined {
  if (operation.kind !== 'http.request') return undefined
  const url = new URL(operation.input.url)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return operation.egress.find((rule) => sameDestination(rule, { host, port })) ?? { host, port }
}

export function sameDestination(left: EgressRule, right: EgressRule): boolean {
  return left.port === right.port && left.host.toLowerCase() === right.host.toLowerCase()
}

function egressOf(operation: Operation): readonly EgressRule[] {
  const target = requestTarget(operation)
  if (target === undefined) return operation.egress
  return [target, ...operation.egress.filter((rule) => !sameDestination(rule, target))]
}

function languagesOf(operation: Operation): readonly Language[] {
  switch (operation.kind) {
    case 'code.execute':
      return [operation.input.language]
    case 'batch.run':
      return [operation.input.task.language]
    case 'agents.parallel':
      return operation.input.agents.flatMap(({ task }) => languagesOfTask(task))
    case 'tool.call':
      return operation.input.task === undefined ? [] : languagesOfTask(operation.input.task)
    case 'command.run':
    case 'document.parse':
    case 'http.request':
    case 'database.read':
    case 'entity.write':
      return []
  }
}

function languagesOfTask(task: NonNullable<OperationOf<'tool.call'>['input']['task']>): readonly Language[] {
  return task.kind === 'code.execute' ? [task.input.language] : []
}

function parallelismOf(operation: Operation): number {
  switch (operation.kind) {
    case 'agents.parallel':
      return Math.min(operation.input.concurrency, operation.input.agents.length)
    case 'batch.run':
      return Math.min(operation.input.concurrency, operation.input.items.length)
    case 'code.execute':
    case 'command.run':
    case 'document.parse':
    case 'http.request':
    case 'database.read':
    case 'entity.write':
    case 'tool.call':
      return 1
  }
}
