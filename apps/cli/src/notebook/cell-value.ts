import { type Chart, chartSchema, OperationError, type Run } from '@caisson/core'
import { z } from 'zod'
import type { CodeCell } from './notebook.ts'

const resultSchema = z.object({
  main: z.boolean(),
  data: z.record(z.string(), z.string()),
  chart: chartSchema.optional(),
  table: z.record(z.string(), z.array(z.unknown())).optional(),
})
const outputSchema = z.discriminatedUnion('type', [
  z.object({ type: z.enum(['stdout', 'stderr']), text: z.string() }),
  z.object({ type: z.literal('result'), result: resultSchema }),
])

/** The value of a run that was a cell. */
const cellValueSchema = z.object({
  language: z.string(),
  code: z.string(),
  session: z.string().optional(),
  executionCount: z.int().optional(),
  outputs: z.array(outputSchema),
  error: z.object({ name: z.string(), value: z.string(), traceback: z.string() }).optional(),
})
export type CellValue = z.infer<typeof cellValueSchema>

/** `undefined` when the run was no cell. */
export function cellValueOf({ value }: Pick<Run, 'value'>): CellValue | undefined {
  const parsed = cellValueSchema.safeParse(value)
  return parsed.success ? parsed.data : undefined
}

/** What became of a run as the outputs of a cell. A run that failed before its code began has its failure as one. */
export function outputsOf(run: Run): Pick<CodeCell, 'execution_count' | 'outputs'> {
  const value = cellValueOf(run)
  const count = value?.executionCount ?? null
  const outputs = value?.outputs.map((output) => toOutput(output, count)) ?? []
  const failure = value?.error ?? (run.status === 'succeeded' ? undefined : failureOf(run))
  return { execution_count: count, outputs: failure === undefined ? outputs : [...outputs, toError(failure)] }
}

function toOutput(output: z.infer<typeof outputSchema>, count: number | null): CodeCell['outputs'][number] {
  if (output.type !== 'result') return { output_type: 'stream', name: output.type, text: lines(output.text) }
  const { main, chart, table } = output.result
  const data = {
    ...Object.fromEntries(
      Object.entries(output.result.data).map(([mime, content]) => [mime, toContent(mime, content)]),
    ),
    ...dataOf(chart, table),
  }
  return main
    ? { output_type: 'execute_result', execution_count: count, data, metadata: {} }
    : { output_type: 'display_data', data, metadata: {} }
}

function dataOf(chart: Chart | undefined, table: unknown): Record<string, unknown> {
  return {
    ...(chart === undefined ? {} : { 'application/vnd.caisson.chart+json': chart }),
    ...(table === undefined ? {} : { 'application/vnd.caisson.table+json': table }),
  }
}

function toContent(mime: string, content: string): unknown {
  if (mime !== 'application/json' && !mime.endsWith('+json')) return mime.startsWith('text/') ? lines(content) : content
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}

/** As Jupyter writes text: line by line, so that versions of a file can be compared. */
function lines(text: string): readonly string[] {
  return text.split(/(?<=\n)/)
}

function toError({ name, value, traceback }: NonNullable<CellValue['error']>): CodeCell['outputs'][number] {
  return { output_type: 'error', ename: name, evalue: value, traceback: traceback.split('\n') }
}

function failureOf({ status, error, outcome, decision }: Run): NonNullable<CellValue['error']> {
  const denied = status === 'denied' ? decision?.reasons[0]?.text : undefined
  const value = denied ?? error?.message ?? outcome?.kind ?? status
  return { name: error?.code ?? status, value, traceback: `${error?.code ?? status}: ${value}` }
}

/** The run as a cell of a notebook; throws when it was none. */
export function toCell(run: Run): CodeCell {
  const value = cellValueOf(run)
  if (value === undefined) {
    throw new OperationError('invalid-operation', `run ${run.id} is not a cell`, {
      remedy: 'name runs that were made with "stateful", as "caisson notebook run" makes them',
    })
  }
  return { cell_type: 'code', metadata: {}, source: value.code, ...outputsOf(run) }
}
