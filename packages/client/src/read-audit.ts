import { type AuditEntry, auditEntrySchema, maxAuditEntries } from '@caisson/api/schemas'
import type { Connection } from './connection.ts'

/** The audit log page by page, in order. */
export async function* readAudit({ ask }: Connection): AsyncIterable<AuditEntry> {
  for (let after = 0; ;) {
    const from = after
    const page = await ask(auditEntrySchema.array(), async (trpc) => await trpc.audit.list.query({ after: from }))
    yield* page
    after = page.at(-1)?.sequence ?? after
    if (page.length < maxAuditEntries) return
  }
}
