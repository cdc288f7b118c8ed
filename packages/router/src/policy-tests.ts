import {
  adapterCapabilitiesSchema,
  adapterHealthSchema,
  type Decision,
  decisionIdSchema,
  findingSchema,
  isolationLevelSchema,
  operationKindSchema,
  operationKinds,
  operationSchema,
} from '@caisson/core'
import { z } from 'zod'
import { decide } from './decide.ts'
import type { AdapterState } from './decision-input.ts'
import { operationHash } from './operation-hash.ts'
import { faultsOf, parseLined } from './parse-lined.ts'
import type { Policy } from './policy.ts'

/** An adapter of the imagined world. What is not said is what a container on this machine would be. */
const adapterSchema = z.strictObject({
  ...adapterCapabilitiesSchema.partial().shape,
  name: z.string().min(1),
  health: adapterHealthSchema.shape.status.default('healthy'),
  latencyMs: z.number().optional(),
  perCpuHour: z.number().min(0).default(0),
})

const worldSchema = z.strictObject({
  organization: z.string().optional(),
  adapters: z.array(z.union([z.string(), adapterSchema])).optional(),
  hostFunctions: z.array(operationKindSchema).optional(),
  findings: z
    .array(findingSchema.partial({ message: true, place: true }).omit({ line: true, excerpt: true }))
    .optional(),
  remainingBudgetUsd: z.number().optional(),
})

const expectationSchema = z.strictObject({
  place: z.enum(['host', 'sandbox', 'denied']).optional(),
  adapter: z.string().optional(),
  isolation: isolationLevelSchema.optional(),
  class: z.string().optional(),
  /** Adapters that may take over, in order. */
  fallbacks: z.array(z.string()).optional(),
  approval: z.enum(['none', 'required']).optional(),
  people: z.int().optional(),
  /** Code of the first reason. */
  reason: z.string().optional(),
  /** Codes that must be among the reasons. */
  reasons: z.array(z.string()).optional(),
  /** `host:port` of all that may be reached. */
  egress: z.array(z.string()).optional(),
  timeoutMs: z.number().optional(),
  ports: z.union([z.literal('any'), z.array(z.int())]).optional(),
  packages: z.array(z.string()).optional(),
  /** Codes why an adapter was rejected. */
  rejected: z.record(z.string(), z.array(z.string())).optional(),
})
type Expectation = z.infer<typeof expectationSchema>

const testsSchema = z.strictObject({
  /** Adapters by name, and what holds for all cases that say nothing else. */
  adapters: z.record(z.string(), adapterSchema.omit({ name: true })).default({}),
  given: worldSchema.default({}),
  cases: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        operation: operationSchema,
        given: worldSchema.default({}),
        expect: expectationSchema,
      }),
    )
    .min(1)
    .max(10_000),
})
/** A table of operations with what a policy must say of each. */
export type PolicyTests = z.output<typeof testsSchema>

export interface PolicyTestResult {
  readonly name: string
  readonly decision: Decision
  /** What is otherwise than expected, one sentence each. Empty: passed. */
  readonly differences: readonly string[]
}

/** Reads a table from YAML or JSON. Throws `OperationError` `invalid-policy` with lines and paths, as `parsePolicy` does. */
export function parsePolicyTests(text: string, source: string): PolicyTests {
  return parseLined(text, source, (data) => {
    const parsed = testsSchema.safeParse(data)
    return parsed.success ? { value: parsed.data } : { faults: faultsOf(parsed.error), cause: parsed.error }
  })
}

const nowMs = 0
const decisionId = decisionIdSchema.parse('test')

/** What the policy says of each case, and whether that was expected. Pure. */
export function runPolicyTests(policy: Policy, tests: PolicyTests): readonly PolicyTestResult[] {
  return tests.cases.map(({ name, operation, given, expect }) => {
    const world = { ...tests.given, ...given }
    const decision = decide({
      decisionId,
      operation,
      operationHash: operationHash(operation),
      organization: world.organization ?? 'test',
      policy,
      adapters: (world.adapters ?? Object.keys(tests.adapters)).map((adapter) => toState(adapter, tests)),
      hostFunctions: world.hostFunctions ?? operationKinds,
      findings: (world.findings ?? []).map(({ code, severity, message = code, place = 'input' }) => ({
        code,
        severity,
        message,
        place,
      })),
      remainingBudgetUsd: world.remainingBudgetUsd,
      nowMs,
    })
    return { name, decision, differences: compare(decision, expect) }
  })
}

function toState(adapter: string | z.output<typeof adapterSchema>, tests: PolicyTests): AdapterState {
  const { name, health, latencyMs, perCpuHour, ...capabilities } =
    typeof adapter === 'string' ? { ...adapterSchema.parse({ name: adapter }), ...tests.adapters[adapter] } : adapter
  return {
    name,
    health: { status: health, checkedAtMs: nowMs, latencyMs: 0 },
    latencyMs,
    capabilities: {
      isolation: 'container',
      features: ['egress-allow', 'code', 'ports'],
      limits: ['cpus', 'memory', 'disk', 'pids'],
      templates: ['host'],
      maxTtlMs: 48 * 3_600_000,
      locality: 'machine',
      price: { currency: 'USD', perCpuHour, perGibHour: 0, source: 'test', asOf: '2026-01-01' },
      ...withoutUndefined(capabilities),
    },
  }
}

function withoutUndefined<Data extends object>(data: Data): { [Key in keyof Data]: Exclude<Data[Key], undefined> } {
  // Only keys with a value are left, which is what the type says.
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Data]: Exclude<Data[Key], undefined>
  }
}

function compare(decision: Decision, expected: Expectation): readonly string[] {
  const { placement, candidates } = decision
  const inSandbox = placement.kind === 'sandbox' ? placement : undefined
  const permissions = placement.kind === 'denied' ? undefined : placement.permissions
  const codes = decision.reasons.map(({ code }) => code)
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['place', expected.place, placement.kind],
    ['adapter', expected.adapter, inSandbox?.adapter],
    ['isolation', expected.isolation, inSandbox?.isolation],
    ['class', expected.class, inSandbox?.class],
    ['approval', expected.approval, decision.approval],
    ['people', expected.people, decision.approvalTerms?.people],
    ['reason', expected.reason, codes[0]],
    ['timeoutMs', expected.timeoutMs, permissions?.timeoutMs],
    ['ports', expected.ports, permissions?.ports],
    ['packages', expected.packages, permissions?.packages],
    ['egress', expected.egress, reachedBy(decision)],
    [
      'fallbacks',
      expected.fallbacks,
      candidates.filter(({ verdict }) => verdict === 'fallback').map(({ adapter }) => adapter),
    ],
    ...Object.entries(expected.rejected ?? {}).map(
      ([adapter, wanted]) =>
        [
          `rejected.${adapter}`,
          wanted,
          candidates
            .find((candidate) => candidate.adapter === adapter && candidate.verdict === 'rejected')
            ?.reasons.map(({ code }) => code),
        ] as const,
    ),
  ]
  const lacking = (expected.reasons ?? []).filter((code) => !codes.includes(code))
  return [
    ...pairs.flatMap(([what, wanted, actual]) =>
      wanted === undefined || JSON.stringify(wanted) === JSON.stringify(actual)
        ? []
        : [`${what} is ${show(actual)}, not ${show(wanted)}`],
    ),
    ...lacking.map((code) => `no reason ${code} among ${codes.join(', ')}`),
  ]
}

function reachedBy({ placement }: Decision): readonly string[] | undefined {
  if (placement.kind !== 'sandbox') return undefined
  const rules = placement.egress?.mode === 'allow' ? placement.egress.rules : []
  return rules.map(({ host, port }) => `${host}:${port}`)
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value)
}
