import type { CaissonClient } from '@caisson/client'
import type { OperationInput, Run } from '@caisson/core'

export interface GateOptions {
  /** Cancels the run. */
  readonly signal?: AbortSignal | undefined
}

/** Where tools ask. Resolves with the final run: after a person was asked, if the policy wants that. */
export interface Gate {
  readonly run: (operation: OperationInput, options?: GateOptions) => Promise<Run>
}

/** What a gate needs of an engine in this process. */
interface EngineLike<Context> {
  readonly run: (operation: OperationInput, context: Context, options?: GateOptions) => Promise<Run>
}

/** Asks an engine in this process, on behalf of `context`. */
export function engineGate<Context>(engine: EngineLike<Context>, context: Context): Gate {
  return { run: async (operation, options) => await engine.run(operation, context, options) }
}

/** Asks a service. */
export function clientGate({ runs }: Pick<CaissonClient, 'runs'>): Gate {
  return { run: async (operation, options) => await runs.run(operation, options) }
}
