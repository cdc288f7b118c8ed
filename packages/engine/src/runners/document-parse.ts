import { type Finding, mib, OperationError, type OperationOf, SandboxError, toErrorData } from '@caisson/core'
import { z } from 'zod'
import type { Workplace } from '../way/in-sandbox.ts'
import { documentTypeOf, startOf } from './document-type.ts'
import { explainLimit } from './explain-limit.ts'
import { missingProgram } from './missing-program.ts'
import { parsePdfInfo } from './parse-pdf-info.ts'
import type { Json, RunnerContext, RunnerResult } from './runner.ts'
import { runTool, type ToolResult } from './run-tool.ts'
import { parseDocxScript } from './scripts/parse-docx.ts'
import { writeFiles } from './workspace.ts'

const file = 'document'

const docxSchema = z.union([
  z.strictObject({
    title: z.string().nullable(),
    author: z.string().nullable(),
    pages: z.int().nullable(),
    text: z.string(),
    warnings: z.array(z.string().max(300)).max(20),
  }),
  z.strictObject({ error: z.strictObject({ code: z.string().max(40), message: z.string().max(300) }) }),
])

/** Text and metadata of a PDF or DOCX. Nothing in it is run, and nothing of it is unpacked on the host. */
export async function documentParse(
  operation: OperationOf<'document.parse'>,
  context: RunnerContext,
): Promise<RunnerResult> {
  const { input, timeoutMs } = operation
  const type = documentTypeOf(await startOf(await context.open(input.content, 'input.content')))
  if (type === undefined) {
    throw new OperationError('invalid-operation', `${input.name} is neither a PDF nor a DOCX`, {
      field: 'input.content',
      remedy: 'pass the bytes of a PDF or DOCX file',
    })
  }
  return await context.inSandbox({ slot: '', repeatable: true }, async (workplace) => {
    const tool = { context, workplace, timeoutMs, prepare: async () => await put(context, workplace, operation) }
    return type === 'pdf' ? await parsePdf(tool) : await parseDocx(tool)
  })
}

interface Tool {
  readonly context: RunnerContext
  readonly workplace: Workplace
  readonly timeoutMs: number
  readonly prepare: () => Promise<void>
}

async function put(context: RunnerContext, workplace: Workplace, { input }: OperationOf<'document.parse'>) {
  const { content } = input
  await writeFiles(context, workplace, { files: [{ path: file, content }], field: 'input' })
}

async function parsePdf(tool: Tool): Promise<RunnerResult> {
  const { context } = tool
  const info = await run(tool, ['pdfinfo', '-enc', 'UTF-8', file], 'info')
  const text = await run(tool, ['pdftotext', '-enc', 'UTF-8', file, '-'], 'text')
  for (const result of [info, text]) {
    const failed = failureOf(result, tool)
    if (failed !== undefined) return failed
  }
  const { title, author, pages, warnings } = parsePdfInfo(info.stdout)
  const complaints = text.stderr.split('\n').filter((line) => line.trim() !== '')
  return succeed(context, {
    type: 'pdf',
    ...(title === undefined ? {} : { title }),
    ...(author === undefined ? {} : { author }),
    ...(pages === undefined ? {} : { pages }),
    text: text.stdout.trimEnd(),
    warnings: [
      ...warnings,
      ...complaints.slice(0, 10).map((line) => line.slice(0, 300)),
      ...(text.truncated ? ['the text is longer than what is kept'] : []),
    ],
  })
}

async function parseDocx(tool: Tool): Promise<RunnerResult> {
  const { context } = tool
  const limit = String(context.limits.contentBytes)
  const result = await run(tool, ['python3', '-I', '-c', parseDocxScript, file, limit], 'docx')
  const failed = failureOf(result, tool)
  if (failed !== undefined) return failed
  const parsed = docxSchema.safeParse(parseJson(result.stdout))
  if (!parsed.success) {
    throw new SandboxError('protocol', 'engine', 'the parser returned something unexpected', { cause: parsed.error })
  }
  if ('error' in parsed.data) {
    const { code, message } = parsed.data.error
    return refuse(`the document was refused (${code}): ${message}`)
  }
  const { title, author, pages, text, warnings } = parsed.data
  return succeed(context, {
    type: 'docx',
    ...(title === null ? {} : { title }),
    ...(author === null ? {} : { author }),
    ...(pages === null ? {} : { pages }),
    text,
    warnings,
  })
}

async function run(tool: Tool, argv: readonly [string, ...string[]], name: string): Promise<ToolResult> {
  const { context, workplace, timeoutMs, prepare } = tool
  return await runTool(context, workplace, {
    argv,
    tag: `${context.run}.${name}`,
    timeoutMs,
    prepare,
    repeatable: true,
    // JSON may take six bytes for one character.
    keepBytes: 6 * context.limits.contentBytes + mib,
  }).catch((error: unknown) => {
    throw missingProgram(error, argv[0])
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface ParsedDocument {
  readonly type: 'pdf' | 'docx'
  readonly title?: string
  readonly author?: string
  readonly pages?: number
  readonly text: string
  readonly warnings: string[]
}

function succeed({ findings, limits }: RunnerContext, document: ParsedDocument): RunnerResult {
  const text = document.text.slice(0, limits.contentBytes)
  const warnings = [...new Set([...document.warnings, ...findings.flatMap(warningOf)])].slice(0, 40)
  const value: Json = { ...document, text, warnings }
  return { succeeded: true, value, artifacts: [] }
}

function warningOf({ severity, message }: Finding): readonly string[] {
  return severity === 'info' ? [] : [message]
}

function failureOf({ outcome, stderr }: ToolResult, { context, timeoutMs }: Tool): RunnerResult | undefined {
  if (outcome.kind === 'exited' && outcome.code === 0) return undefined
  const limit = explainLimit(outcome, { timeoutMs, outputBytes: 0 })
  if (limit !== undefined || outcome.kind === 'cancelled') {
    return { succeeded: false, outcome, value: null, artifacts: [], error: limit }
  }
  if (context.findings.some(({ code }) => code === 'document.encrypted')) {
    return { ...refuse('the document is protected by a password', 'pass it without its password'), outcome }
  }
  const complaint = stderr.split('\n').find((line) => line.trim() !== '') ?? 'it cannot be read'
  return { ...refuse(`the document is damaged: ${complaint.slice(0, 300)}`), outcome }
}

function refuse(message: string, remedy?: string): RunnerResult {
  const error = new OperationError('invalid-operation', message, { field: 'input.content', remedy })
  return { succeeded: false, value: null, artifacts: [], error: toErrorData(error) }
}
