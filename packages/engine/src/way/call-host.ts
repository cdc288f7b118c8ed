import { OperationError, type OperationOf } from '@caisson/core'
import { z } from 'zod'
import type { HostFunctionContext, HostFunctions, HostKind } from '../host-functions.ts'
import { raceSignal } from '../runs/race-signal.ts'
import type { Json, RunnerResult } from '../runners/runner.ts'
import type { Work } from '../work.ts'

/** Calls what the caller registered for this kind. Never twice: after an interruption nobody knows how far it came. */
export async function callHost(work: Work): Promise<RunnerResult> {
  const { services, operation, run, organization } = work
  if (operation.kind === 'tool.call') return { succeeded: true, value: { permitted: true }, artifacts: [] }
  if (work.resumed) {
    throw new OperationError('interrupted', 'the engine was interrupted while the host function ran', {
      remedy: 'find out whether it took effect, then submit the operation again',
    })
  }
  const ending = AbortSignal.any([work.cancel, work.stop])
  const limit = AbortSignal.timeout(operation.timeoutMs)
  const signal = AbortSignal.any([ending, limit])
  const calling = call(services.hostFunctions, operation.kind, operation.input, { organization, run, signal })
  try {
    const value = parseValue(await raceSignal(calling, signal), operation.kind, services.limits.contentBytes)
    return { succeeded: true, value, artifacts: [] }
  } catch (error) {
    if (!limit.aborted || ending.aborted) throw error
    throw new OperationError('quota-exceeded', `the host function took more than ${operation.timeoutMs} ms`, {
      field: 'timeoutMs',
      cause: error,
    })
  }
}

async function call<Kind extends HostKind>(
  functions: HostFunctions,
  kind: Kind,
  input: OperationOf<Kind>['input'],
  context: HostFunctionContext,
): Promise<unknown> {
  const registered = functions[kind]
  if (registered === undefined) {
    throw new OperationError('host-function-missing', `no host function is registered for ${kind}`, {
      field: 'kind',
      remedy: `pass hostFunctions: { '${kind}': … } to createEngine`,
    })
  }
  return await registered(input, context)
}

function parseValue(value: unknown, kind: HostKind, limitBytes: number): Json {
  const parsed = z.json().safeParse(value ?? null)
  if (!parsed.success) {
    throw new OperationError('internal', `the host function for ${kind} returned something that is not JSON`, {
      cause: parsed.error,
    })
  }
  if (Buffer.byteLength(JSON.stringify(parsed.data)) > limitBytes) {
    throw new OperationError('quota-exceeded', `the host function for ${kind} returned more than ${limitBytes} bytes`)
  }
  return parsed.data
}
