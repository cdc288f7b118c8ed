import type { EgressRule, Finding, Language, Operation } from '@caisson/core'

/** What rules can ask about. Derived from the operation once, before any rule is looked at. */
export interface Facts {
  readonly kind: Operation['kind']
  readonly trust: Operation['trust']
  readonly sensitivity: Operation['sensitivity']
  readonly organization: string
  readonly agentType: string | undefined
  readonly template: string | undefined
  /** Of all the code that the operation brings along as such. */
  readonly languages: readonly Language[]
  /** Whether it needs an interpreter that remembers. */
  readonly stateful: boolean
  /** Sandboxes in use at one time. */
  readonly parallelism: number
  /** What the caller expects, else the time limit. */
  readonly expectedDurationMs: number
  /** Destinations that the operation asks for, the target of a request included. */
  readonly egress: readonly EgressRule[]
  readonly remainingBudgetUsd: number | undefined
  readonly findings: readonly Finding[]
}

export interface FactSources {
  readonly operation: Operation
  readonly organization: string
  readonly findings: readonly Finding[]
  readonly remainingBudgetUsd?: number | undefined
}

export function collectFacts({ operation, organization, findings, remainingBudgetUsd }: FactSources): Facts {
  return {
    kind: operation.kind,
    trust: operation.trust,
    sensitivity: operation.sensitivity,
    organization,
    agentType: operation.agentType,
    template: operation.template,
    languages: languagesOf(operation),
    stateful: operation.kind === 'code.execute' && operation.input.stateful === true,
    parallelism: parallelismOf(operation),
    expectedDurationMs: operation.expectedDurationMs ?? operation.timeoutMs,
    egress: egressOf(operation),
    remainingBudgetUsd,
    findings,
  }
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
      return operation.input.agents.flatMap(({ task }) => (task.kind === 'code.execute' ? [task.input.language] : []))
    case 'command.run':
    case 'document.parse':
    case 'http.request':
    case 'database.read':
    case 'entity.write':
      return []
  }
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
      return 1
  }
}
