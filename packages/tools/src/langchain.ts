import { DynamicStructuredTool, type StructuredToolInterface } from '@langchain/core/tools'
import { type GuardOptions, guardTool } from './guard-tool.ts'
import type { ToolDefinition } from './tool-definition.ts'

type Arguments = Record<string, unknown>

/**
 * A tool of LangChain.js under Caisson's decision: see `guardTool`. It has the name, description and schema of the one that it guards. A refusal is thrown, as
 * LangChain's agents expect of tools.
 */
export function guardLangChainTool(
  tool: StructuredToolInterface,
  options: Omit<GuardOptions<Arguments, unknown>, 'name'>,
): DynamicStructuredTool {
  const { name, description, schema } = tool
  return new DynamicStructuredTool({
    name,
    description,
    schema,
    func: async (input: Arguments, _manager, config) =>
      await guardTool<Arguments, unknown>(async (same) => await tool.invoke(same, config), { ...options, name })(
        input,
        { signal: config?.signal },
      ),
  })
}

/** Tools of this package as LangChain takes them. Their results are JSON text. */
export function toLangChainTools(tools: readonly ToolDefinition[]): readonly DynamicStructuredTool[] {
  return tools.map(
    ({ name, description, inputSchema, execute }) =>
      new DynamicStructuredTool({
        name,
        description,
        schema: inputSchema,
        func: async (input: Arguments, _manager, config) =>
          JSON.stringify(await execute(input, { signal: config?.signal })),
      }),
  )
}
