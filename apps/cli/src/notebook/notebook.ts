import { randomBytes } from 'node:crypto'
import { OperationError } from '@caisson/core'
import { z } from 'zod'

const text = z.union([z.string(), z.array(z.string())])
const cellId = z.string().regex(/^[\w-]{1,64}$/)

const codeCellSchema = z.looseObject({
  cell_type: z.literal('code'),
  id: cellId.optional(),
  metadata: z.looseObject({}).default({}),
  source: text,
  execution_count: z.int().nullable().default(null),
  outputs: z.array(z.looseObject({ output_type: z.string() })).default([]),
})
const otherCellSchema = z.looseObject({
  cell_type: z.enum(['markdown', 'raw']),
  id: cellId.optional(),
  metadata: z.looseObject({}).default({}),
  source: text,
})

/** A notebook of Jupyter, version 4. What is not asked about is kept as it is. */
const notebookSchema = z.looseObject({
  nbformat: z.literal(4),
  nbformat_minor: z.int().min(0),
  metadata: z
    .looseObject({
      kernelspec: z.looseObject({ name: z.string(), language: z.string().optional() }).optional(),
      language_info: z.looseObject({ name: z.string() }).optional(),
    })
    .default({}),
  cells: z.array(z.discriminatedUnion('cell_type', [codeCellSchema, otherCellSchema])),
})
export type Notebook = z.infer<typeof notebookSchema>
export type CodeCell = z.infer<typeof codeCellSchema>

export function parseNotebook(json: string, path: string): Notebook {
  const parsed = notebookSchema.safeParse(parseJson(json))
  if (parsed.success) return parsed.data
  throw new OperationError('invalid-operation', `${path} is not a notebook of version 4`, {
    field: parsed.error.issues[0]?.path.join('.'),
    remedy: 'save it again in Jupyter, as .ipynb',
    cause: parsed.error,
  })
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

const displayNames: Readonly<Record<string, string>> = { python: 'Python 3', javascript: 'JavaScript', bash: 'Bash' }

/** An empty notebook that Jupyter opens with the kernel of that language. */
export function createNotebook(language: string, cells: readonly CodeCell[]): Notebook {
  const name = language === 'python' ? 'python3' : language
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name, display_name: displayNames[language] ?? language, language },
      language_info: { name: language },
    },
    cells: [...cells],
  }
}

/** The notebook in the latest form of version 4, in which every cell has an id of its own. */
export function formatNotebook(notebook: Notebook): string {
  const taken = new Set<string>()
  const cells = notebook.cells.map((cell) => {
    const id = cell.id === undefined || taken.has(cell.id) ? randomBytes(4).toString('hex') : cell.id
    taken.add(id)
    return { ...cell, id }
  })
  const minor = Math.max(notebook.nbformat_minor, 5)
  return `${JSON.stringify({ ...notebook, nbformat_minor: minor, cells }, undefined, 1)}\n`
}

export function sourceOf({ source }: Pick<CodeCell, 'source'>): string {
  return typeof source === 'string' ? source : source.join('')
}
