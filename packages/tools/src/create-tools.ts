import {
  freshId,
  maxCodeBytes,
  maxInlineBytes,
  type OperationInput,
  parseOrThrow,
  type Run,
  languages,
} from '@caisson/core'
import { z } from 'zod'
import type { Gate } from './gate.ts'
import type { CallOptions } from './guard-tool.ts'
import type { OperationSettings } from './operation-settings.ts'
import { refusalOf } from './refusal.ts'
import type { ToolDefinition } from './tool-definition.ts'

export interface ToolsOptions {
  readonly gate: Gate
  /** For all tools. `session` names the sandbox that code, commands and files share; default: a fresh one. */
  readonly settings?: OperationSettings | undefined
}

const path = z.string().min(1).max(1024).describe('Relative to the working directory')

/**
 * Ready tools: `run_code`, `run_command`, `read_file`, `write_file`, `parse_document` and `http_request`. Code, commands and files of one call of this function
 * share a working directory as long as its sandbox lives. Give the list to an adapter of this package, or call `execute`.
 */
export function createTools({ gate, settings = {} }: ToolsOptions): readonly ToolDefinition[] {
  const shared = { session: freshId('tools'), ...settings }
  const { session: _session, ...alone } = shared
  const ask = async (operation: OperationInput, options: CallOptions = {}): Promise<Run> => {
    const run = await gate.run(operation, options)
    const refusal = refusalOf(run)
    if (refusal !== undefined) throw refusal
    return run
  }
  return [
    define(
      'run_code',
      'Runs code in a sandbox and returns what it printed. Files in the working directory stay for later calls.',
      z.object({
        language: z.enum(languages),
        code: z.string().min(1).max(maxCodeBytes),
        artifacts: z.array(path).max(100).default([]).describe('Files to keep after the run, as paths or patterns'),
      }),
      async (input, options) => processResult(await ask({ ...shared, kind: 'code.execute', input }, options)),
    ),
    define(
      'run_command',
      'Runs a program in a sandbox and returns what it printed. There is no shell unless the program is one.',
      z.object({
        program: z.string().min(1),
        arguments: z.array(z.string()).max(1000).default([]),
        stdin: z.string().max(maxInlineBytes).optional(),
      }),
      async ({ program, arguments: rest, stdin }, options) =>
        processResult(
          await ask(
            {
              ...shared,
              kind: 'command.run',
              input: { argv: [program, ...rest], ...(stdin === undefined ? {} : { stdin }) },
            },
            options,
          ),
        ),
    ),
    define(
      'read_file',
      'Reads a text file from the working directory of the sandbox.',
      z.object({ path }),
      async (input, options) => {
        const run = await ask(
          { ...shared, kind: 'command.run', input: { argv: ['cat', '--', `./${input.path}`] } },
          options,
        )
        const { exitCode, stdout, stderr, truncated } = processResult(run)
        return exitCode === 0 ? { content: stdout, truncated } : { error: stderr.trim() }
      },
    ),
    define(
      'write_file',
      'Writes a text file into the working directory of the sandbox.',
      z.object({ path, content: z.string().max(maxInlineBytes) }),
      async ({ path: name, content }, options) => {
        const files = [{ path: name, content: { text: content } }]
        await ask({ ...shared, kind: 'command.run', input: { argv: ['true'], files } }, options)
        return { written: name }
      },
    ),
    define(
      'parse_document',
      'Opens a document (PDF, DOCX and others) in a sandbox and returns its text.',
      z.object({
        name: z.string().min(1).max(255).describe('File name with its extension'),
        base64: z.base64().max(Math.ceil((maxInlineBytes * 4) / 3) + 4),
      }),
      async ({ name, base64 }, options) =>
        (await ask({ ...alone, kind: 'document.parse', input: { name, content: { base64 } } }, options)).value ?? null,
    ),
    define(
      'http_request',
      'Makes an HTTP request from a sandbox and returns the answer.',
      z.object({
        method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
        url: z.url({ protocol: /^https?$/ }),
        headers: z.record(z.string(), z.string()).default({}),
        body: z.string().max(maxInlineBytes).optional(),
      }),
      async (input, options) => (await ask({ ...alone, kind: 'http.request', input }, options)).value ?? null,
    ),
  ]
}

function define<Schema extends z.ZodObject>(
  name: string,
  description: string,
  inputSchema: Schema,
  execute: (input: z.output<Schema>, options: CallOptions | undefined) => Promise<unknown>,
): ToolDefinition<Schema> {
  return {
    name,
    description,
    inputSchema,
    execute: async (input, options) =>
      await execute(parseOrThrow(inputSchema, input, 'invalid-operation', `the input of the tool ${name}`), options),
  }
}

const processValue = z.object({ stdout: z.string(), stderr: z.string(), truncated: z.boolean() })

/** What a model has to know of a process. */
function processResult({ outcome, value, artifacts }: Run) {
  const { stdout, stderr, truncated } = processValue.parse(value)
  return {
    exitCode: outcome?.kind === 'exited' ? outcome.code : null,
    ...(outcome === undefined || outcome.kind === 'exited' ? {} : { ended: outcome.kind }),
    stdout,
    stderr,
    truncated,
    ...(artifacts.length === 0
      ? {}
      : { artifacts: artifacts.map(({ id, path: name, sizeBytes }) => ({ id, path: name, sizeBytes })) }),
  }
}
