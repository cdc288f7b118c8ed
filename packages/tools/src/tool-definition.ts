import type { z } from 'zod'
import type { CallOptions } from './guard-tool.ts'

/** A tool in no framework's form. The adapters of this package give it one. */
export interface ToolDefinition<Schema extends z.ZodObject = z.ZodObject> {
  readonly name: string
  /** For the model. */
  readonly description: string
  readonly inputSchema: Schema
  /** Checks the input, and resolves with JSON for the model. */
  readonly execute: (input: unknown, options?: CallOptions) => Promise<unknown>
}
