import { type Plan, planFor } from './plan.ts'
import { groupOf, isWanted } from './requirement.ts'
import { requirements } from './requirements/requirements.ts'
import { carryOut } from './run-conformance.ts'
import { openSession, type Session } from './session.ts'
import type { ConformanceTarget } from './target.ts'

/** What the suite uses of a test runner: vitest's functions fit. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => void
  readonly it: (name: string, body: (context: TestContext) => Promise<void>, timeoutMs?: number) => void
  readonly beforeAll: (body: () => Promise<void>, timeoutMs?: number) => void
  readonly afterAll: (body: () => Promise<void>, timeoutMs?: number) => void
}

export interface TestContext {
  /** Ends a test as skipped. */
  readonly skip: (reason?: string) => void
}

const hookTimeoutMs = 60_000

/**
 * Declares one test for each requirement. Skips carry their reason; known failures pass as long as they fail. `only`: ids or groups, for an adapter that
 * has passed all of them in another configuration.
 */
export function defineConformance(
  target: ConformanceTarget,
  runner: TestRunner,
  { only }: { readonly only?: readonly string[] | undefined } = {},
): void {
  const { describe, it, beforeAll, afterAll } = runner
  describe(`conformance of ${target.name}`, () => {
    let session: Session | undefined
    let plans: ReadonlyMap<string, Plan> = new Map()
    beforeAll(async () => {
      session = await openSession(target)
      plans = new Map(planFor(target, session.adapter.capabilities).map((plan) => [plan.requirement.id, plan]))
    }, hookTimeoutMs)
    afterAll(async () => await session?.close(), hookTimeoutMs)

    for (const [group, members] of Map.groupBy(
      requirements.filter((requirement) => isWanted(requirement, only)),
      groupOf,
    )) {
      describe(group, () => {
        for (const { id, behaviour } of members) {
          it(
            `${id}: ${behaviour}`,
            async ({ skip }) => {
              const plan = plans.get(id)
              if (session === undefined || plan === undefined) throw new Error(`${id} was not planned`)
              const { status, detail } = await carryOut(session, plan)
              if (status === 'skipped') skip(detail)
              if (status === 'failed' || status === 'stale') throw new Error(detail)
            },
            (target.checkTimeoutMs ?? 20_000) + 10_000,
          )
        }
      })
    }
  })
}
