import { maxLogEvents } from '@caisson/api/schemas'
import { type RunEvent, runEventSchema } from '@caisson/core'
import type { Connection } from './connection.ts'

/** The events of a run that there are now. */
export async function* readLog({ ask }: Connection, id: string): AsyncGenerator<RunEvent> {
  for (let after = 0; ;) {
    const page = await ask(runEventSchema.array(), async (trpc) => await trpc.runs.log.query({ id, after }))
    yield* page
    if (page.length < maxLogEvents) return
    after = page.at(-1)?.sequence ?? after
  }
}
