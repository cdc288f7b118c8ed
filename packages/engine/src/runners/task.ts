import {
  type Environment,
  type InputFile,
  isSandboxError,
  type Language,
  OperationError,
  type OperationOf,
} from '@caisson/core'
import type { Workplace } from '../way/in-sandbox.ts'
import { missingProgram } from './missing-program.ts'
import type { RunnerContext } from './runner.ts'
import { writeFiles } from './workspace.ts'

/** A piece of code or a command, with its files. */
export type Task =
  | Pick<OperationOf<'code.execute'>, 'kind' | 'input'>
  | Pick<OperationOf<'command.run'>, 'kind' | 'input'>

const programs: Readonly<Record<Language, { readonly file: string; readonly argv: readonly [string, ...string[]] }>> = {
  // Unbuffered, so that output comes as it is written and is not lost when the process is killed.
  python: { file: 'main.py', argv: ['python3', '-u', 'main.py'] },
  javascript: { file: 'main.js', argv: ['node', 'main.js'] },
  bash: { file: 'main.sh', argv: ['bash', 'main.sh'] },
}

/** Puts code and files in place. */
export async function prepareTask(
  context: RunnerContext,
  workplace: Workplace,
  { task, field }: { readonly task: Task; readonly field: string },
): Promise<void> {
  const { files } = task.input
  await writeFiles(context, workplace, { files: [...files, ...codeOf(task, field)], field: `${field}.files` })
}

function codeOf({ kind, input }: Task, field: string): readonly InputFile[] {
  if (kind === 'command.run') return []
  const { file } = programs[input.language]
  const taken = input.files.findIndex(({ path }) => path === file)
  if (taken < 0) return [{ path: file, content: { text: input.code } }]
  throw new OperationError('invalid-operation', `${file} is the name under which the code itself is stored`, {
    field: `${field}.files.${taken}.path`,
  })
}

export function envOf({ input }: Task): Environment {
  return { PYTHONDONTWRITEBYTECODE: '1', ...input.env }
}

export function argvOf(task: Task): readonly [string, ...string[]] {
  return task.kind === 'code.execute' ? programs[task.input.language].argv : task.input.argv
}

export function explainMissingProgram(error: unknown, task: Task, field: string): unknown {
  const [program] = argvOf(task)
  if (task.kind === 'code.execute') return missingProgram(error, program)
  if (!isSandboxError(error) || (error.code !== 'path-not-found' && error.code !== 'permission-denied')) return error
  const what = error.code === 'path-not-found' ? 'is not in the sandbox' : 'may not be executed'
  return new OperationError('invalid-operation', `the program ${program} ${what}`, {
    field: `${field}.argv.0`,
    remedy: 'name a program that the template has, or another template',
    cause: error,
  })
}
