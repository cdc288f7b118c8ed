import { OperationError } from '@caisson/core'
import { type InferToolInput, type InferToolOutput, type Tool, type ToolExecutionOptions, tool as define } from 'ai'
import { type GuardOptions, guardTool } from './guard-tool.ts'
import type { ToolDefinition } from './tool-definition.ts'

/**
 * A tool of the Vercel AI SDK under Caisson's decision: see `guardTool`. A refusal becomes a tool error, which the model gets to read. Of a tool that streams,
 * the last result counts. Throws `invalid-operation` for a tool that nothing here executes.
 */
export function guardAiTool<Guarded extends Tool>(
  tool: Guarded,
  options: GuardOptions<InferToolInput<Guarded>, InferToolOutput<Guarded>>,
): Guarded {
  type Input = InferToolInput<Guarded>
  type Output = InferToolOutput<Guarded>
  const { execute } = tool
  if (execute === undefined) {
    throw new OperationError('invalid-operation', `the tool ${options.name} is not executed here`, {
      remedy: 'guard it where it is executed',
    })
  }
  const guarded = async (input: Input, call: ToolExecutionOptions<unknown>): Promise<Output> =>
    await guardTool<Input, Output>(async (same) => await last<Output>(execute(same, call)), options)(input, {
      signal: call.abortSignal,
    })
  return Object.assign({}, tool, { execute: guarded })
}

type AiTool = Tool<unknown, unknown, Record<string, unknown>>

/** Tools of this package, by their names, as `generateText` takes them. */
export function toAiTools(tools: readonly ToolDefinition[]): Record<string, AiTool> {
  return Object.fromEntries(
    tools.map(({ name, description, inputSchema, execute }) => [
      name,
      define<unknown, unknown, Record<string, unknown>>({
        description,
        inputSchema,
        execute: async (input, { abortSignal }) => await execute(input, { signal: abortSignal }),
      }),
    ]),
  )
}

async function last<Output>(result: AsyncIterable<Output> | PromiseLike<Output> | Output): Promise<Output> {
  if (!isStream(result)) return await result
  let latest: { readonly value: Output } | undefined
  for await (const value of result) latest = { value }
  if (latest === undefined) throw new OperationError('internal', 'the tool gave nothing')
  return latest.value
}

function isStream<Output>(
  result: AsyncIterable<Output> | PromiseLike<Output> | Output,
): result is AsyncIterable<Output> {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result
}
