import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cannotRun, provisionedPython } from './support/needs.ts'
import { type RunningService, startService } from './support/start-service.ts'

const { python, cannot: noJupyter } = provisionedPython('jupyter')
const cannot = (await cannotRun(['matplotlib'])) || noJupyter
const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

let service: RunningService
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caisson-notebook-'))
  service = await startService()
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

/** The command line as its user has it. */
async function notebook(...words: string[]): Promise<void> {
  const program = ['--conditions=@caisson/source', fromHere('../../apps/cli/src/main.ts')]
  const env = { PATH: process.env['PATH'], CAISSON_URL: service.url, CAISSON_API_KEY: service.apiKey }
  await promisify(execFile)(process.execPath, [...program, 'notebook', ...words], { cwd: directory, env }).catch(
    (error: unknown) => {
      // The mistake in the notebook is told by the exit code; a command that fails otherwise says why.
      if (!(error instanceof Error && 'stderr' in error && error.stderr === '')) throw error
    },
  )
}

/** What Jupyter's own library says of a file: valid or not, and what its cells put out. */
const judge = `
import json, sys, nbformat
book = nbformat.read(sys.argv[1], as_version=nbformat.NO_CONVERT)
nbformat.validate(book, version=4, version_minor=5)
outputs = [[output.output_type for output in cell.get("outputs", [])] for cell in book.cells]
print(json.dumps({"version": [book.nbformat, book.nbformat_minor], "outputs": outputs}))
`
/** Opens a file as Jupyter does, and runs its cells but the last, which fails, in Jupyter's own kernel. */
const reopen = `
import sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
book.cells = [cell for cell in book.cells if "no such column" not in cell.source and "matplotlib" not in cell.source]
NotebookClient(book, timeout=120, kernel_name="python3").execute()
print(book.cells[-1].outputs[0].data["text/plain"])
`
async function askJupyter(script: string, name: string): Promise<string> {
  return (await promisify(execFile)(python, ['-W', 'error', '-c', script, name], { cwd: directory })).stdout
}

it.skipIf(cannot !== '')(`runs and saves notebooks that Jupyter takes for its own${cannot}`, async () => {
  await copyFile(fromHere('../data/seattle-weather.csv'), join(directory, 'seattle-weather.csv'))
  const source = fromHere('../src/notebook/weather.ipynb')
  const common = ['--session', 'weather', '--file', 'seattle-weather.csv', '--allow-errors', '--timeout', '100s']
  await notebook('run', source, ...common, '--out', 'executed.ipynb')
  const outputs = [['stream'], ['execute_result'], ['display_data'], ['error']]
  expect(JSON.parse(await askJupyter(judge, 'executed.ipynb'))).toEqual({ version: [4, 5], outputs: [[], ...outputs] })
  await notebook('save', 'history.ipynb', '--session', 'weather')
  expect(JSON.parse(await askJupyter(judge, 'history.ipynb'))).toEqual({ version: [4, 5], outputs })
  const saved = await readFile(join(directory, 'history.ipynb'), 'utf8')
  expect(saved).toContain('"image/png"')
  expect(saved).toContain('"1461 days\\n"')
  expect(
    (
      await askJupyter(
        reopen.replace('import sys', 'import sys, warnings; warnings.simplefilter("ignore")\nimport sys'),
        'history.ipynb',
      )
    ).trim(),
  ).toBe('35.6')
})
