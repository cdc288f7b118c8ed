import { isFinal, type Run, type RunEvent, runEventSchema } from '@caisson/core'
import type { Connection } from './connection.ts'
import { pause, reach } from './reach.ts'

export interface FollowOptions {
  /** Sequence of the last event that is known already. Default 0: from the beginning. */
  readonly after?: number | undefined
  /** Ends the following; the run goes on. */
  readonly signal?: AbortSignal | undefined
}

/**
 * The events of a run, each once and in order however often the connection breaks; returns the final run. When the service cannot be
 * reached for `reconnectMs`, it throws what the last try met.
 */
export async function* followRun(
  connection: Connection,
  id: string,
  options: FollowOptions = {},
): AsyncGenerator<RunEvent, Run> {
  const { signal } = options
  const given = signal === undefined ? {} : { signal }
  let { after = 0 } = options
  let seenFinal = false
  let final: Run | undefined
  for (;;) {
    let broken = false
    try {
      for await (const event of openStream(connection, id, after, signal)) {
        if (event.sequence <= after) continue
        after = event.sequence
        seenFinal = event.type === 'status' && isFinal(event.status)
        yield event
      }
    } catch {
      // How a stream breaks says little. The request below says more.
      broken = true
    }
    // A stream that was opened on a final run and ended by itself has told all, even if it had nothing to tell.
    if (final !== undefined && !broken) return final
    const run = await reach(connection, signal, async (trpc) => await trpc.runs.get.query({ id }, given))
    if (seenFinal) return run
    if (isFinal(run.status)) final = run
    else await pause(100, signal)
  }
}

/** One connection's worth of events. */
function openStream(
  { trpc }: Connection,
  id: string,
  after: number,
  signal: AbortSignal | undefined,
): ReadableStream<RunEvent> {
  let close = () => {}
  return new ReadableStream({
    start(controller) {
      const settle = (finish: () => void) => {
        try {
          finish()
        } catch {
          // Cancelled or errored already.
        }
        close()
      }
      const subscription = trpc.runs.events.subscribe(
        { id, after },
        {
          ...(signal === undefined ? {} : { signal }),
          onData: ({ data }) => {
            const event = runEventSchema.safeParse(data)
            if (event.success) controller.enqueue(event.data)
            else settle(() => controller.error(event.error))
          },
          onComplete: () => settle(() => controller.close()),
          onError: (error) => settle(() => controller.error(error)),
          // The stream is not left to reconnect by itself: only a new one starts after what was truly delivered.
          onConnectionStateChange: ({ error }) => {
            if (error !== null) settle(() => controller.error(error))
          },
        },
      )
      close = () => subscription.unsubscribe()
    },
    cancel: () => close(),
  })
}
