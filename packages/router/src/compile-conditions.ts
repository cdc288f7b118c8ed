import type { Finding } from '@caisson/core'
import type { Facts } from './facts.ts'
import type { Conditions, Guard } from './policy-schema.ts'

/** One line of a `when`. */
export interface Condition {
  readonly fact: string
  /** What the policy asks for, in words. */
  readonly wanted: string
  readonly holds: (facts: Facts) => boolean
  /** What the operation has, in words. */
  readonly actual: (facts: Facts) => string
}

/** The conditions as predicates, so that a decision interprets nothing. */
export function compileConditions(when: Conditions & Guard['when']): readonly Condition[] {
  const conditions: Condition[] = []
  for (const fact of ['kind', 'trust', 'sensitivity', 'organization', 'agentType', 'template'] as const) {
    const wanted = when[fact]
    if (wanted !== undefined) conditions.push(oneOf(fact, wanted))
  }
  for (const fact of ['parallelism', 'expectedDurationMs', 'remainingBudgetUsd'] as const) {
    const wanted = when[fact]
    if (wanted !== undefined) conditions.push(within(fact, wanted))
  }
  if (when.language !== undefined) conditions.push(allIn(when.language))
  if (when.egress !== undefined) conditions.push(asksForEgress(when.egress))
  if (when.findings !== undefined) conditions.push(hasFinding(when.findings))
  return conditions
}

type TextFact = 'kind' | 'trust' | 'sensitivity' | 'organization' | 'agentType' | 'template'
type NumberFact = 'parallelism' | 'expectedDurationMs' | 'remainingBudgetUsd'

function oneOf(fact: TextFact, wanted: string | readonly string[]): Condition {
  const values = new Set(toArray(wanted))
  return {
    fact,
    wanted: [...values].join(' or '),
    holds: (facts) => values.has(facts[fact] ?? ''),
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
      const value = facts[fact]
      return value !== undefined && value >= atLeast && value < below
    },
    actual: (facts) => String(facts[fact] ?? 'not given'),
  }
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

function asksForEgress(wanted: boolean): Condition {
  const word = (asks: boolean) => (asks ? 'asked for' : 'not asked for')
  return {
    fact: 'egress',
    wanted: word(wanted),
    holds: ({ egress }) => egress.length > 0 === wanted,
    actual: ({ egress }) => word(egress.length > 0),
  }
}

const severities: readonly Finding['severity'][] = ['info', 'risky', 'hostile']

function hasFinding({ atLeast, codes }: NonNullable<Guard['when']['findings']>): Condition {
  const floor = severities.indexOf(atLeast)
  const counts = (finding: Finding) =>
    severities.indexOf(finding.severity) >= floor && (codes?.some((code) => covers(code, finding.code)) ?? true)
  return {
    fact: 'findings',
    wanted: `${atLeast} or worse${codes === undefined ? '' : ` among ${codes.join(', ')}`}`,
    holds: ({ findings }) => findings.some(counts),
    actual: ({ findings }) => (findings.length === 0 ? 'none' : findings.map(describe).join(', ')),
  }
}

function covers(pattern: string, code: string): boolean {
  return pattern.endsWith('.*') ? code.startsWith(pattern.slice(0, -1)) : code === pattern
}

function describe({ severity, code }: Finding): string {
  return `${severity} ${code}`
}

function toArray(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}
