import { decisionIdSchema, operationSchema, type OperationInput } from '@caisson/core'
import { type AdapterState, type DecisionInput, defaultPolicy, operationHash } from '../src/index.ts'

const nowMs = Date.UTC(2026, 10, 1)

interface AdapterOverrides extends Partial<AdapterState['capabilities']> {
  readonly status?: AdapterState['health']['status']
  readonly reason?: string
  readonly latencyMs?: number
}

/** A free container adapter on this machine that can do everything, unless told otherwise. */
export function adapter(
  name: string,
  { status, reason, latencyMs, ...capabilities }: AdapterOverrides = {},
): AdapterState {
  return {
    name,
    capabilities: {
      isolation: 'container',
      features: ['egress-allow'],
      limits: ['cpus', 'memory', 'disk', 'pids'],
      templates: ['host'],
      maxTtlMs: 24 * 3_600_000,
      locality: 'machine',
      price: { currency: 'USD', perCpuHour: 0, perGibHour: 0, source: 'own machine', asOf: '2026-11-01' },
      ...capabilities,
    },
    health: {
      status: status ?? 'healthy',
      ...(reason === undefined ? {} : { reason }),
      checkedAtMs: nowMs,
      latencyMs: 1,
    },
    ...(latencyMs === undefined ? {} : { latencyMs }),
  }
}

export const local = adapter('local')
export const paid = {
  currency: 'USD',
  perCpuHour: 0.05,
  perGibHour: 0.016,
  source: 'price list',
  asOf: '2026-11-01',
} as const
export const e2b = adapter('e2b', { isolation: 'microvm', locality: 'remote', price: paid })
export const daytona = adapter('daytona', { locality: 'remote', price: paid })

export const operations = {
  code: { kind: 'code.execute', input: { language: 'python', code: 'print(1)' } },
  command: { kind: 'command.run', input: { argv: ['true'] } },
  document: { kind: 'document.parse', input: { name: 'a.pdf', content: { text: '%PDF' } } },
  http: { kind: 'http.request', input: { url: 'https://api.example.com/v1' } },
  agents: {
    kind: 'agents.parallel',
    input: {
      agents: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({
        name,
        task: { kind: 'command.run' as const, input: { argv: ['true'] as [string] } },
      })),
    },
  },
  batch: {
    kind: 'batch.run',
    input: { task: { language: 'python', code: 'print(1)' }, items: [1, 2], concurrency: 8 },
  },
  read: { kind: 'database.read', input: { query: 'orders' } },
  write: { kind: 'entity.write', input: { entity: 'order', id: '1', value: {} } },
  tool: { kind: 'tool.call', input: { tool: 'mail' } },
} satisfies Record<string, OperationInput>

type Overrides = Partial<Omit<DecisionInput, 'operation'>> &
  Pick<Partial<OperationInput>, Exclude<keyof OperationInput, 'kind' | 'input'>>

export function given(input: OperationInput, overrides: Overrides = {}): DecisionInput {
  const { adapters, policy, findings, hostFunctions, remainingBudgetUsd, organization, ...common } = overrides
  const operation = operationSchema.parse({ ...input, ...common })
  return {
    decisionId: decisionIdSchema.parse('d1'),
    operation,
    operationHash: operationHash(operation),
    organization: organization ?? 'acme',
    policy: policy ?? defaultPolicy,
    adapters: adapters ?? [local, e2b, daytona],
    hostFunctions: hostFunctions ?? ['database.read', 'entity.write'],
    findings: findings ?? [],
    ...(remainingBudgetUsd === undefined ? {} : { remainingBudgetUsd }),
    nowMs,
  }
}
