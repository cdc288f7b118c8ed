import { loadavg } from 'node:os'
import type { BenchCase, Goal } from './case.ts'
import { median, quantile } from './statistics.ts'

export interface SubjectResult {
  readonly name: string
  readonly median: number
  readonly p95: number
  readonly samples: readonly number[]
}

export interface GoalResult extends Goal {
  /** Ours over the baseline, or ours alone for an absolute goal. */
  readonly reached: number
  readonly met: boolean
}

export interface CaseResult extends Pick<BenchCase, 'id' | 'title' | 'unit'> {
  readonly subjects: readonly SubjectResult[]
  readonly goals: readonly GoalResult[]
  /** What could not be measured here, and why. */
  readonly missing: readonly string[]
  /** Mean number of processes that wanted the CPUs in the last minute, before and after. */
  readonly load: readonly [number, number]
}

const warmUps = 3

/**
 * Measures the subjects in turns, so that what else happens on the machine meets all of them alike. The order of each round is a new one: a start of a container by the
 * engine goes on after it has answered, and would otherwise always be paid for by the same neighbour.
 */
export async function measureCase(benchCase: BenchCase): Promise<CaseResult> {
  const { id, title, unit, goals, repetitions, prepare } = benchCase
  const before = loadavg()[0] ?? 0
  await using prepared = await prepare()
  const samples = prepared.subjects.map((subject) => ({ subject, values: [] as number[] }))
  for (let round = -warmUps; round < repetitions; round++) {
    for (const { subject, values } of shuffled(samples)) {
      const value = await subject.once()
      if (round >= 0) values.push(value)
    }
  }
  const subjects = samples.map(({ subject, values }) => ({
    name: subject.name,
    median: median(values),
    p95: quantile(values, 0.95),
    samples: values,
  }))
  return {
    id,
    title,
    unit,
    subjects,
    goals: goals.flatMap((goal) => judge(goal, subjects)),
    missing: prepared.missing,
    load: [before, loadavg()[0] ?? 0],
  }
}

function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ item }) => item)
}

function judge(goal: Goal, [ours, ...baselines]: readonly SubjectResult[]): GoalResult[] {
  if (ours === undefined) return []
  const base = goal.against === undefined ? 1 : baselines.find(({ name }) => name === goal.against)?.median
  if (base === undefined) return []
  const reached = ours.median / base
  return [{ ...goal, reached, met: reached <= goal.atMost }]
}

/** How long `action` takes, in milliseconds. */
export async function timed(action: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  await action()
  return performance.now() - startedAtMs
}
