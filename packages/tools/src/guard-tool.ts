import { OperationError, type OperationInput, type Run } from '@caisson/core'
import { z } from 'zod'
import type { Gate } from './gate.ts'
import type { OperationSettings } from './operation-settings.ts'
import { refusalOf } from './refusal.ts'

type ToolCall = Extract<OperationInput, { kind: 'tool.call' }>

/** Code or a command, as `tool.call` brings it along. */
export type ToolTask = NonNullable<ToolCall['input']['task']>

export interface GuardOptions<Input, Output> {
  readonly gate: Gate
  /** The name under which the policy, the approval and the audit log know the tool. */
  readonly name: string
  /** What does the same in a sandbox. Without it a policy can let the tool be called, have a person asked, or refuse. */
  readonly task?: ((input: Input) => ToolTask) | undefined
  /** Makes the output of the tool from what the task gave. Default: the value of the run. */
  readonly result?: ((run: Run) => Output | Promise<Output>) | undefined
  readonly settings?: OperationSettings | undefined
}

export interface CallOptions {
  /** Cancels the asking, and a task in a sandbox. A tool that is being called has to look at it by itself. */
  readonly signal?: AbortSignal | undefined
}

/**
 * The tool under Caisson's decision. Each call is asked about first and is then carried out directly, by its task in a sandbox, after a person has agreed,
 * or not at all: then it throws the `OperationError` or `SandboxError` that says why. What was asked about is what the tool gets: its input is copied
 * before, so that nobody changes it while a person thinks. It has to be JSON.
 */
export function guardTool<Input, Output>(
  execute: (input: Input, options: CallOptions) => Output | Promise<Output>,
  { gate, name, task, result, settings }: GuardOptions<Input, Output>,
): (input: Input, options?: CallOptions) => Promise<Output> {
  return async (given, { signal } = {}) => {
    const input = copyOf(given, name)
    const run = await gate.run(
      {
        ...settings,
        kind: 'tool.call',
        input: {
          tool: name,
          arguments: z.json().parse(input ?? null),
          ...(task === undefined ? {} : { task: task(input) }),
        },
      },
      { signal },
    )
    const refusal = refusalOf(run)
    if (refusal !== undefined) throw refusal
    if (run.decision?.placement.kind === 'host') return await execute(input, { signal })
    if (result !== undefined) return await result(run)
    // Without `result` the value of the run is what the author of the tool takes as its output.
    return run.value as Output
  }
}

function copyOf<Input>(input: Input, name: string): Input {
  const parsed = z.json().safeParse(input ?? null)
  if (parsed.success && endsSomewhere(input)) return structuredClone(input)
  throw new OperationError('invalid-operation', `the input of the tool ${name} is not JSON`, {
    field: 'input.arguments',
    cause: parsed.error,
  })
}

/** What leads into itself has the shape of JSON, and no text. */
function endsSomewhere(input: unknown): boolean {
  try {
    JSON.stringify(input)
    return true
  } catch {
    return false
  }
}
