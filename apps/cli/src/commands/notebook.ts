import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { OperationError, type Run, type RunEvent } from '@caisson/core'
import type { Command } from 'commander'
import { exitCodeOfRun } from '../exit-codes.ts'
import { writeOutput } from '../follow-operation.ts'
import { cellValueOf, toCell } from '../notebook/cell-value.ts'
import { createNotebook, formatNotebook, parseNotebook } from '../notebook/notebook.ts'
import { languageOf, runNotebook } from '../notebook/run-notebook.ts'
import { addOperationOptions, commandOperation, type OperationOptions } from '../operation-options.ts'
import { createProgress } from '../output/progress.ts'
import { command, type Session, type Surroundings } from '../session.ts'
import { writeLocal } from '../write-local.ts'

interface RunNotebookCommandOptions extends OperationOptions {
  readonly out?: string | undefined
  readonly allowErrors?: boolean | undefined
}

export function addNotebook(program: Command, surroundings: Surroundings): void {
  const notebook = program
    .command('notebook')
    .description('run a notebook of Jupyter cell by cell, or keep what was run as one')
    .addHelpText(
      'after',
      `
Examples:
  caisson notebook run analysis.ipynb --file data.csv --out executed.ipynb
  caisson notebook run analysis.ipynb --session mine --allow-errors --json
  caisson notebook save history.ipynb --session mine
  caisson notebook save history.ipynb RUN RUN`,
    )
  addOperationOptions(notebook.command('run <notebook>'))
    .description('run all code cells in one sandbox; every cell is an operation of its own, with its own decision')
    .option('-o, --out <file>', 'where to write the notebook with its outputs; default: the notebook itself')
    .option('--allow-errors', 'go on after a cell that fails')
    .action(
      command(surroundings, async (session, path: string, options: RunNotebookCommandOptions) => {
        return await run(session, path, options)
      }),
    )
  notebook
    .command('save <notebook> [runs...]')
    .description('write cells that were run as a notebook: those of a session, or the runs that are named')
    .option('--session <name>', 'all cells of this session, oldest first')
    .action(
      command(surroundings, async (session, path: string, runs: string[], options: { readonly session?: string }) => {
        await save(session, { path, runs, name: options.session })
      }),
    )
}

async function run(session: Session, path: string, options: RunNotebookCommandOptions): Promise<number> {
  const { client, terminal, json, signal, show } = session
  const before = parseNotebook(await readText(path), path)
  const cells = before.cells.filter((cell) => cell.cell_type === 'code').length
  const { kind: _, input, ...common } = await commandOperation(['true'], options)
  const name = options.session ?? `notebook-${randomUUID()}`
  const progress = createProgress(terminal, !json)
  const onEvent = (event: RunEvent): void => {
    if (event.type !== 'output' || json) return
    progress.clear()
    writeOutput(session, event)
  }
  const { notebook, runs } = await runNotebook(before, {
    language: languageOf(before),
    allowErrors: options.allowErrors === true,
    operationFor: (code, language, index) => ({
      ...common,
      session: name,
      kind: 'code.execute',
      // Files come with the first cell and stay; artifacts are looked for after each.
      input: { ...workspaceOf(input), language, code, stateful: true, ...(index === 0 ? {} : { files: [] }) },
    }),
    run: async (operation, index) => {
      progress.show(`cell ${index + 1} of ${cells}`)
      return await client.runs.run(operation, { onEvent, signal })
    },
  })
  progress.clear()
  const target = options.out ?? path
  await writeLocal(target, formatNotebook(notebook), { field: '--out' })
  const failed = runs.filter(({ status }) => status !== 'succeeded')
  show({ notebook: target, session: name, runs: runs.map(({ id, status }) => ({ id, status })) }, () =>
    [
      ...failed.map((one) => `cell ${runs.indexOf(one) + 1} ${one.status}: ${whyFailed(one)}`),
      `${runs.length - failed.length} of ${cells} cells succeeded; written to ${target}; session ${name}`,
    ].join('\n'),
  )
  return failed[0] === undefined ? 0 : exitCodeOfRun(failed[0])
}

function workspaceOf(input: Awaited<ReturnType<typeof commandOperation>>['input']) {
  const { files, artifacts, env } = 'argv' in input ? input : {}
  return { files, artifacts, env }
}

function whyFailed(failed: Run): string {
  const error = cellValueOf(failed)?.error
  return error === undefined ? (failed.error?.message ?? failed.outcome?.kind ?? '') : `${error.name}: ${error.value}`
}

interface SaveOptions {
  readonly path: string
  readonly runs: readonly string[]
  readonly name: string | undefined
}

async function save({ client, show }: Session, { path, runs: ids, name }: SaveOptions): Promise<void> {
  if ((name === undefined) === (ids.length === 0)) {
    throw new OperationError('invalid-operation', 'say either which session or which runs to save', {
      field: '--session',
      remedy: 'caisson notebook save FILE --session NAME, or caisson notebook save FILE RUN…',
    })
  }
  const runs =
    name === undefined
      ? await Promise.all(ids.map(async (id) => await client.runs.get(id)))
      : await cellsOfSession(client, name)
  const cells = runs.map(toCell)
  const [first] = runs
  if (first === undefined)
    throw new OperationError('run-not-found', `no cell of the session ${name ?? ''} was found`, { field: '--session' })
  const language = cellValueOf(first)?.language ?? 'python'
  await writeLocal(path, formatNotebook(createNotebook(language, cells)), { field: 'notebook' })
  show({ notebook: path, cells: cells.length }, () => `${cells.length} cells written to ${path}`)
}

const pageSize = 200

/** The cells of a session, oldest first. */
async function cellsOfSession(client: Session['client'], name: string): Promise<readonly Run[]> {
  const found: Run[] = []
  let cursor: string | undefined
  do {
    const page = await client.runs.list({ limit: pageSize, cursor })
    for (const { id, kind } of page.runs) {
      if (kind !== 'code.execute') continue
      const one = await client.runs.get(id)
      if (cellValueOf(one)?.session === name) found.push(one)
    }
    cursor = page.next
  } while (cursor !== undefined)
  return found.toReversed()
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new OperationError('invalid-operation', `${path} cannot be read`, { field: 'notebook', cause })
  }
}
