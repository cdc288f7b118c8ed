import { type CallOptions, SandboxError } from '@caisson/core'
import { launchAnswerSchema, type LaunchRequest, type processEventSchema } from '@caisson/wire-e2b'
import type { z } from 'zod'
import type { Line } from './line.ts'
import { mapFailure } from './map-error.ts'

/** What is known of a process after its start. */
export interface Launched {
  readonly pid: number
  readonly early: readonly z.output<typeof processEventSchema>[]
}

/** Starts a process over the line. */
export async function launch(
  line: Line,
  adapter: string,
  request: Omit<LaunchRequest, 'id'>,
  options: CallOptions,
): Promise<Launched> {
  const answer = await line.ask(request, launchAnswerSchema, options)
  if ('error' in answer) {
    const { caisson, ...error } = answer.error
    throw mapFailure({ ...error, errno: caisson?.errno }, adapter, 'path')
  }
  const [first, ...early] = answer.messages
  if (first === undefined || !('start' in first.event))
    throw new SandboxError('protocol', adapter, 'the answer of a launch does not begin with its start')
  return { pid: first.event.start.pid, early }
}
