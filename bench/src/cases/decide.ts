import { type AdapterCapabilities, decisionIdSchema, type Operation, operationSchema } from '@caisson/core'
import { inspectOperation } from '@caisson/inspect'
import { decide, type DecisionInput, defaultPolicy, operationHash } from '@caisson/router'
import { Engine } from 'json-rules-engine'
import type { BenchCase } from '../case.ts'

const capabilities: AdapterCapabilities = {
  isolation: 'container',
  features: ['terminal', 'watch', 'attach', 'users'],
  limits: ['cpus', 'memory', 'disk', 'pids'],
  templates: ['host'],
  maxTtlMs: 86_400_000,
  locality: 'machine',
  price: { currency: 'USD', perCpuHour: 0.05, perGibHour: 0.01, source: 'benchmark', asOf: '2026-11-20' },
}

const operation = operationSchema.parse({ kind: 'code.execute', input: { language: 'python', code: 'print(1)' } })

const input: DecisionInput = {
  decisionId: decisionIdSchema.parse('bench'),
  operation,
  operationHash: operationHash(operation),
  organization: 'bench',
  policy: defaultPolicy,
  adapters: Array.from({ length: 20 }, (_, index) => ({
    name: `adapter-${index}`,
    capabilities: { ...capabilities, isolation: index % 2 === 0 ? 'container' : 'microvm' },
    health: { status: 'healthy', checkedAtMs: 0, latencyMs: 1 },
  })),
  hostFunctions: [],
  findings: [],
  nowMs: 0,
}

/** All that a decision depends on, over 20 adapters. */
export function decisionOn(asked: Operation): DecisionInput {
  return { ...input, operation: asked, operationHash: operationHash(asked) }
}

/** How many decisions make one sample: one alone is too short for the clock. */
const perSample = 200

/** The policy's rules and guards, in json-rules-engine's form. It finds those that hold and gives no reasons. */
function policyEngine(): Engine {
  const engine = new Engine([], { allowUndefinedFacts: true })
  const { rules, guards } = defaultPolicy.document
  for (const [index, { id, when }] of [...rules, ...guards].entries()) {
    const conditions = Object.entries(when).flatMap(([fact, wanted]) =>
      typeof wanted === 'string' || Array.isArray(wanted)
        ? [{ fact, operator: 'in', value: Array.isArray(wanted) ? wanted : [wanted] }]
        : [],
    )
    engine.addRule({ name: id, priority: 1000 - index, conditions: { all: conditions }, event: { type: id } })
  }
  return engine
}

/** Whether an adapter suits the class `untrusted`. */
function adapterEngine(): Engine {
  const conditions = [
    { fact: 'isolation', operator: 'in', value: ['container', 'gvisor', 'microvm'] },
    { fact: 'status', operator: 'notEqual', value: 'unavailable' },
    ...['cpus', 'memory', 'disk', 'pids'].map((value) => ({ fact: 'limits', operator: 'contains', value })),
  ]
  return new Engine([{ conditions: { all: conditions }, event: { type: 'suits' } }])
}

async function perDecision(work: () => void | Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  for (let index = 0; index < perSample; index++) await work()
  return ((performance.now() - startedAtMs) * 1000) / perSample
}

export const decideCase: BenchCase = {
  id: 'P8',
  title: 'one routing decision, default policy, 20 adapters',
  unit: 'µs',
  goals: [{ against: 'json-rules-engine, rules and adapters', atMost: 0.1 }],
  repetitions: 50,
  prepare: async () => {
    const rules = policyEngine()
    const suits = adapterEngine()
    const { kind, trust, sensitivity } = operation
    const findRules = async () => await rules.run({ kind, trust, sensitivity })
    const findAdapters = async () => {
      for (const { capabilities, health } of input.adapters) {
        const { isolation, limits } = capabilities
        await suits.run({ isolation, limits, status: health.status })
      }
    }
    return {
      subjects: [
        { name: 'caisson decide', once: async () => await perDecision(() => void decide(input)) },
        {
          name: 'caisson inspect + decide',
          once: async () =>
            await perDecision(async () => decide({ ...input, findings: await inspectOperation(operation) })),
        },
        {
          name: 'json-rules-engine, rules and adapters',
          once: async () =>
            await perDecision(async () => {
              await findRules()
              await findAdapters()
            }),
        },
        { name: 'json-rules-engine, rules alone', once: async () => await perDecision(findRules) },
      ],
      missing: [],
      [Symbol.asyncDispose]: async () => {
        rules.stop()
        suits.stop()
      },
    }
  },
}
