import { compareIsolation, type Finding } from '@caisson/core'
import { coversCode } from './covers-code.ts'
import type { Facts } from './facts.ts'
import type { Guard } from './guard-schema.ts'

/** One line of a `when`. */
export interface Condition {
  readonly fact: string
  /** What the policy asks for, in words. */
  readonly wanted: string
  readonly holds: (facts: Facts) => boolean
  /** What the operation has, in words. */
  readonly actual: (facts: Facts) => string
}

type When = Guard['when']

/** The conditions as predicates, so that a decision interprets nothing. */
export function compileConditions(when: When): readonly Condition[] {
  const conditions: Condition[] = []
  for (const fact of textFacts) {
    const wanted = when[fact]
    if (wanted !== undefined) conditions.push(oneOf(fact, wanted))
  }
  for (const fact of numberFacts) {
    const wanted = when[fact]
    if (wanted !== undefined) conditions.push(within(fact, wanted))
  }
  for (const fact of ['egress', 'packages', 'ports'] as const) {
    const wanted = when[fact]
    if (wanted !== undefined) conditions.push(asksFor(fact, wanted))
  }
  if (when.task !== undefined) conditions.push(bringsTask(when.task))
  if (when.language !== undefined) conditions.push(allIn(when.language))
  if (when.features !== undefined) conditions.push(needsFeature(when.features))
  if (when.isolation !== undefined) conditions.push(isolationAtLeast(when.isolation))
  if (when.health !== undefined) conditions.push(adapterIs(when.health))
  if (when.findings !== undefined) conditions.push(hasFinding(when.findings))
  return conditions
}

const textFacts = [
  'kind',
  'trust',
  'sensitivity',
  'organization',
  'agentType',
  'template',
  'region',
  'tool',
] as const satisfies readonly (keyof Facts)[]
const numberFacts = ['parallelism', 'expectedDurationMs', 'remainingBudgetUsd', 'priceUsd'] as const

type NumberFact = (typeof numberFacts)[number]

function oneOf(fact: (typeof textFacts)[number], wanted: string | readonly string[]): Condition {
  const values = new Set(toArray(wanted))
  return {
    fact,
    wanted: [...values].join(' or '),
    holds: (facts) => {
      const value = facts[fact]
      return value !== undefined && values.has(value)
    },
    actual: (facts) => facts[fact] ?? 'not given',
  }
}

function within(fact: NumberFact, { atLeast = -Infinity, below = Infinity }: Range): Condition {
  const lower = atLeast === -Infinity ? [] : [`at least ${atLeast}`]
  const upper = below === Infinity ? [] : [`below ${below}`]
  return {
    fact,
    wanted: [...lower, ...upper].join(' and '),
    holds: (facts) => {
      const value = numberOf(facts, fact)
      return value !== undefined && value >= atLeast && value < below
    },
    actual: (facts) => String(numberOf(facts, fact) ?? 'not given'),
  }
}

function numberOf(facts: Facts, fact: NumberFact): number | undefined {
  return fact === 'priceUsd' ? facts.priceUsd() : facts[fact]
}

interface Range {
  readonly atLeast?: number | undefined
  readonly below?: number | undefined
}

function allIn(wanted: string | readonly string[]): Condition {
  const values = new Set(toArray(wanted))
  return {
    fact: 'language',
    wanted: [...values].join(' or '),
    holds: ({ languages }) => languages.length > 0 && languages.every((language) => values.has(language)),
    actual: ({ languages }) => (languages.length === 0 ? 'no code' : [...new Set(languages)].join(', ')),
  }
}

function asksFor(fact: 'egress' | 'packages' | 'ports', wanted: boolean): Condition {
  const word = (asks: boolean) => (asks ? 'asked for' : 'not asked for')
  return {
    fact,
    wanted: word(wanted),
    holds: (facts) => facts[fact].length > 0 === wanted,
    actual: (facts) => word(facts[fact].length > 0),
  }
}

function bringsTask(wanted: boolean): Condition {
  const word = (brings: boolean) => (brings ? 'there' : 'not there')
  return {
    fact: 'task',
    wanted: word(wanted),
    holds: ({ hasTask }) => hasTask === wanted,
    actual: ({ hasTask }) => word(hasTask),
  }
}

function needsFeature(wanted: string | readonly string[]): Condition {
  const values = new Set(toArray(wanted))
  return {
    fact: 'features',
    wanted: [...values].join(' or '),
    holds: ({ features }) => features.some((feature) => values.has(feature)),
    actual: ({ features }) => (features.length === 0 ? 'none' : features.join(', ')),
  }
}

function isolationAtLeast({ atLeast }: NonNullable<When['isolation']>): Condition {
  return {
    fact: 'isolation',
    wanted: `${atLeast} or stronger`,
    holds: ({ isolation }) => compareIsolation(isolation, atLeast) >= 0,
    actual: ({ isolation }) => isolation,
  }
}

function adapterIs({ adapter, is }: NonNullable<When['health']>): Condition {
  const values: ReadonlySet<string> = new Set(toArray(is))
  return {
    fact: `health of ${adapter}`,
    wanted: [...values].join(' or '),
    holds: ({ healthOf }) => values.has(healthOf(adapter)),
    actual: ({ healthOf }) => healthOf(adapter),
  }
}

const severities: readonly Finding['severity'][] = ['info', 'risky', 'hostile']

function hasFinding({ atLeast, codes }: NonNullable<When['findings']>): Condition {
  const floor = severities.indexOf(atLeast)
  const counts = (finding: Finding) =>
    severities.indexOf(finding.severity) >= floor && (codes?.some((code) => coversCode(code, finding.code)) ?? true)
  return {
    fact: 'findings',
    wanted: `${atLeast} or worse${codes === undefined ? '' : ` among ${codes.join(', ')}`}`,
    holds: ({ findings }) => findings.some(counts),
    actual: ({ findings }) => (findings.length === 0 ? 'none' : findings.map(describe).join(', ')),
  }
}

function describe({ severity, code }: Finding): string {
  return `${severity} ${code}`
}

function toArray(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}
