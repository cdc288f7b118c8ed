import { isOperationError, isSandboxError, OperationError } from '@caisson/core'
import { type FunctionTool, tool as define } from '@openai/agents'
import { z } from 'zod'
import { type GuardOptions, guardTool } from './guard-tool.ts'
import type { ToolDefinition } from './tool-definition.ts'

type Arguments = Record<string, unknown>

/** What a function tool of the SDK is, whatever its context and parameters. */
interface Invocable {
  readonly name: string
  readonly invoke: (context: never, input: string, details?: never) => Promise<unknown>
}

/**
 * A function tool of the OpenAI Agents SDK under Caisson's decision: see `guardTool`. A refusal is told to the model as the result of the tool, as that SDK does
 * with errors of tools. Its own `needsApproval` is left as it is.
 */
export function guardOpenAiTool<Guarded extends Invocable>(
  tool: Guarded,
  options: Omit<GuardOptions<Arguments, unknown>, 'name'>,
): Guarded {
  const { name } = tool
  const invoke = async (context: never, input: string, details?: never): Promise<unknown> => {
    try {
      const guarded = guardTool<Arguments, unknown>(
        async (same) => await tool.invoke(context, JSON.stringify(same), details),
        { ...options, name },
      )
      return await guarded(parseArguments(input, name), { signal: signalOf(details) })
    } catch (error) {
      if (!isOperationError(error) && !isSandboxError(error)) throw error
      return `The tool ${name} was not carried out: ${error.message}`
    }
  }
  return Object.assign({}, tool, { invoke })
}

/** Tools of this package as an agent takes them. Their results are JSON text. */
export function toOpenAiTools(tools: readonly ToolDefinition[]): FunctionTool<unknown, never, string>[] {
  return tools.map(({ name, description, inputSchema, execute }) => {
    const { properties = {}, required = [] } = z.toJSONSchema(inputSchema, { io: 'input' })
    return define({
      name,
      description,
      // Strict schemas know no optional members.
      strict: false,
      parameters: { type: 'object', properties, required, additionalProperties: true },
      execute: async (input, _context, details) => JSON.stringify(await execute(input, { signal: details?.signal })),
    })
  })
}

function parseArguments(text: string, name: string): Arguments {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text === '' ? '{}' : text))
  } catch (cause) {
    throw new OperationError('invalid-operation', `the arguments of ${name} are not a JSON object`, { cause })
  }
}

function signalOf(details: unknown): AbortSignal | undefined {
  const parsed = z.object({ signal: z.instanceof(AbortSignal).optional() }).safeParse(details ?? {})
  return parsed.success ? parsed.data.signal : undefined
}
