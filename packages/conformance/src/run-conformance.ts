import { NotApplicable } from './kit/assert.ts'
import { type Plan, planFor } from './plan.ts'
import { isWanted, type Requirement } from './requirement.ts'
import { openSession, type Session } from './session.ts'
import type { ConformanceTarget } from './target.ts'

export interface ConformanceResult {
  readonly requirement: Requirement
  /** `known-failure` failed as expected; `stale` was expected to fail and does not. */
  readonly status: 'passed' | 'failed' | 'skipped' | 'known-failure' | 'stale'
  /** What was seen, or why it was skipped. */
  readonly detail?: string | undefined
  readonly durationMs: number
}

export interface ConformanceReport {
  readonly target: string
  readonly adapter: string
  readonly results: readonly ConformanceResult[]
  /** Nothing failed and nothing is stale. */
  readonly passed: boolean
}

export interface RunConformanceOptions {
  readonly onResult?: ((result: ConformanceResult) => void) | undefined
  /** Ids or groups. Default: all. */
  readonly only?: readonly string[] | undefined
  /** How many checks at the same time. Default 1, so that they do not disturb each other's timing. */
  readonly concurrency?: number | undefined
}

/** Checks a target against all requirements that apply to it. */
export async function runConformance(
  target: ConformanceTarget,
  options: RunConformanceOptions = {},
): Promise<ConformanceReport> {
  const { only, onResult, concurrency = 1 } = options
  const session = await openSession(target)
  try {
    const plans = planFor(target, session.adapter.capabilities).filter(({ requirement }) => isWanted(requirement, only))
    const results: ConformanceResult[] = []
    let next = 0
    const work = async (): Promise<void> => {
      for (let index = next++; index < plans.length; index = next++) {
        const plan = plans[index]
        if (plan === undefined) return
        const result = await carryOut(session, plan)
        results[index] = result
        onResult?.(result)
      }
    }
    await Promise.all(Array.from({ length: concurrency }, work))
    const passed = results.every(({ status }) => status !== 'failed' && status !== 'stale')
    return { target: target.name, adapter: session.adapter.name, results, passed }
  } finally {
    await session.close()
  }
}

/** Runs what is planned for one requirement. Never rejects. */
export async function carryOut(session: Session, plan: Plan): Promise<ConformanceResult> {
  const { requirement } = plan
  if (plan.kind === 'skip') return { requirement, status: 'skipped', detail: plan.reason, durationMs: 0 }
  const startedAtMs = performance.now()
  const done = (status: ConformanceResult['status'], detail?: string): ConformanceResult => ({
    requirement,
    status,
    detail,
    durationMs: Math.round(performance.now() - startedAtMs),
  })
  try {
    await session.run(plan.check)
  } catch (error) {
    const seen = error instanceof Error ? error.message : String(error)
    if (error instanceof NotApplicable) return done('skipped', seen)
    return plan.kind === 'known-failure' ? done('known-failure', plan.reason) : done('failed', seen)
  }
  if (plan.kind === 'check') return done('passed')
  return done('stale', `listed as a known failure (${plan.reason}), but it passes: remove the entry`)
}
