import { hourMs, secondMs } from '@caisson/core'
import { PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import type { Connection } from '../store/database.ts'

/** A worker that is not heard of for so long counts as dead. */
const heartbeatSeconds = 10
/** The longest that a worker may be at one job, dead or alive. Nothing that Caisson runs takes longer. */
const expireInSeconds = (24 * hourMs) / secondMs
/** How often the dead are looked for. */
const superviseSeconds = 3
const connections = 4

/** How a job is held: until its worker is silent for too long. */
export const holding = { heartbeatSeconds, expireInSeconds } as const

/** The queues, in a schema of their own in the same database. Disposing it lets go of the connections; jobs stay. */
export async function startJobQueue(
  connection: Connection,
  logger: Logger,
): Promise<AsyncDisposable & { readonly queue: PgBoss }> {
  const { connectionString, host, port, user, password, database } = connection
  const where =
    connectionString === undefined
      ? {
          ...(host === undefined ? {} : { host }),
          ...(port === undefined ? {} : { port }),
          ...(user === undefined ? {} : { user }),
          ...(typeof password === 'string' ? { password } : {}),
          ...(database === undefined ? {} : { database }),
        }
      : { connectionString }
  const queue = new PgBoss({
    ...where,
    application_name: 'caisson queue',
    schema: 'caisson_queue',
    max: connections,
    schedule: false,
    useListenNotify: true,
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
  })
  queue.on('error', (err) => logger.warn({ err }, 'the queue of batches failed'))
  await queue.start()
  return { queue, [Symbol.asyncDispose]: async () => await queue.stop({ graceful: false, close: true }) }
}
