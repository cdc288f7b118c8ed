import { z } from 'zod'
import { type ProcessEvent, processEventSchema, type StartRequest } from './process.ts'
import { connectErrorSchema } from './schemas.ts'

/** Starts a process. It has neither terminal nor standard input. */
export interface LaunchRequest {
  /** Chosen by the client, and repeated in the answer. */
  readonly id: number
  /** Default: the default user of the sandbox. */
  readonly user?: string | undefined
  readonly start: StartRequest
}

/**
 * The answer: the messages of `Start` so far, all of them when the process is over already, and otherwise only the first. The client then goes on with `Connect`
 * from position 0; until then the process waits for it as for a reader.
 */
export const launchAnswerSchema = z.union([
  z.object({ id: z.int().min(0), messages: z.array(processEventSchema).min(1) }),
  z.object({ id: z.int().min(0), error: connectErrorSchema }),
])
export interface LaunchAnswer {
  readonly id: number
  readonly messages: readonly ProcessEvent[]
}
