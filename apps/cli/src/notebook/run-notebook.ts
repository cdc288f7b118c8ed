import { type Language, languageSchema, OperationError, type OperationInput, type Run } from '@caisson/core'
import type { CodeCell, Notebook } from './notebook.ts'
import { sourceOf } from './notebook.ts'
import { outputsOf } from './cell-value.ts'

export interface NotebookRun {
  readonly notebook: Notebook
  /** Those of the cells that ran, in order. */
  readonly runs: readonly Run[]
}

export interface RunNotebookOptions {
  readonly language: Language
  /** Whether cells that follow one that failed run all the same. */
  readonly allowErrors: boolean
  readonly operationFor: (code: string, language: Language, index: number) => OperationInput
  readonly run: (operation: OperationInput, index: number) => Promise<Run>
}

/** Runs the code cells of a notebook, one after the other, and puts what they give in the place of what they gave before. */
export async function runNotebook(notebook: Notebook, options: RunNotebookOptions): Promise<NotebookRun> {
  const { language, allowErrors, operationFor, run } = options
  const runs: Run[] = []
  const cells: Notebook['cells'] = []
  let failed = false
  for (const cell of notebook.cells) {
    if (cell.cell_type !== 'code') {
      cells.push(cell)
      continue
    }
    const emptied: CodeCell = { ...cell, execution_count: null, outputs: [] }
    const code = sourceOf(cell)
    if (code.trim() === '' || (failed && !allowErrors)) {
      cells.push(emptied)
      continue
    }
    const result = await run(operationFor(code, language, runs.length), runs.length)
    runs.push(result)
    failed ||= result.status !== 'succeeded'
    cells.push({ ...emptied, ...outputsOf(result) })
  }
  return { notebook: { ...notebook, cells }, runs }
}

const aliases: Readonly<Record<string, string>> = { js: 'javascript', node: 'javascript', sh: 'bash' }

/** In what language the code of a notebook is. */
export function languageOf({ metadata: { kernelspec, language_info: info } }: Notebook): Language {
  const name = (kernelspec?.language ?? info?.name ?? kernelspec?.name ?? 'python').toLowerCase().replace(/\d+$/, '')
  const parsed = languageSchema.safeParse(aliases[name] ?? name)
  if (parsed.success) return parsed.data
  throw new OperationError('invalid-operation', `notebooks in ${name} cannot be run`, {
    field: 'metadata.kernelspec',
    remedy: `these can: ${languageSchema.options.join(', ')}`,
  })
}
