import type { OrganizationId, Run } from '@caisson/core'
import type { DecidedOperation } from '@caisson/engine'
import { and, desc, lt } from 'drizzle-orm'
import type { Database } from '../store/database.ts'
import { runs } from '../store/schema.ts'
import { within } from '../store/scope.ts'

export interface PastOperations {
  readonly operations: readonly (DecidedOperation & { readonly run: Run['id'] })[]
  readonly truncated: boolean
}

const maxOperations = 5_000
const pageSize = 200

/** What was decided since then, the newest first, as far as it is not too much. */
export async function pastOperations(
  database: Database,
  organization: OrganizationId,
  sinceMs: number,
): Promise<PastOperations> {
  const operations: PastOperations['operations'][number][] = []
  let before: number | undefined
  for (;;) {
    const page = await database
      .select({ place: runs.place, run: runs.run, operation: runs.operation })
      .from(runs)
      .where(and(within(runs, organization), before === undefined ? undefined : lt(runs.place, before)))
      .orderBy(desc(runs.place))
      .limit(pageSize)
    for (const { run, operation } of page) {
      if (run.createdAtMs < sinceMs) return { operations, truncated: false }
      if (operations.length >= maxOperations) return { operations, truncated: true }
      if (run.decision !== undefined) operations.push({ run: run.id, operation, decision: run.decision })
    }
    before = page.at(-1)?.place ?? undefined
    if (page.length < pageSize || before === undefined) return { operations, truncated: false }
  }
}
