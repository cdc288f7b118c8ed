import { type Language, languages, OperationError } from '@caisson/core'
import { type Command, Option } from 'commander'
import { exitCodeTable } from '../exit-codes.ts'
import { followOperation, type FollowOperationOptions } from '../follow-operation.ts'
import {
  addOperationOptions,
  codeOperation,
  commandOperation,
  type OperationOptions,
  readOperation,
} from '../operation-options.ts'
import { command, type Surroundings } from '../session.ts'

interface RunOptions extends OperationOptions, FollowOperationOptions {
  readonly language?: Language | undefined
  readonly operation?: string | undefined
}

const languageOption = () => new Option('-l, --language <language>', 'default: by the extension').choices(languages)
const operationOption = ['--operation <file>', 'any kind of operation, as JSON'] as const

const exitCodesHelp = `
Exit codes:
${exitCodeTable.map(([code, meaning]) => `  ${code.padEnd(7)}${meaning}`).join('\n')}`

export function addRun(program: Command, surroundings: Surroundings): void {
  addFollowing(
    addOperationOptions(program.command('run [script]'))
      .description('run a script in a sandbox, or any operation')
      .addOption(languageOption())
      .option(...operationOption),
  )
    .addHelpText(
      'after',
      `
Examples:
  caisson run analyse.py --file data.csv --artifact 'chart.png' --out results
  echo 'print(6 * 7)' | caisson run - --language python
  caisson run fetch.py --egress example.org:443 --timeout 30s
  caisson run --operation parse.json --json
${exitCodesHelp}`,
    )
    .action(
      command(surroundings, async (session, script: string | undefined, options: RunOptions) => {
        return await followOperation(session, await scriptOrOperation(script, options), options)
      }),
    )
}

export function addExec(program: Command, surroundings: Surroundings): void {
  addFollowing(addOperationOptions(program.command('exec [argv...]')).description('run a command in a sandbox'))
    .addHelpText(
      'after',
      `
Examples:
  caisson exec -- uname -a
  caisson exec --file notes.txt -- sh -c 'wc -l notes.txt'
${exitCodesHelp}`,
    )
    .action(
      command(surroundings, async (session, argv: string[], options: RunOptions) => {
        return await followOperation(session, await commandOperation(argv, options), options)
      }),
    )
}

/** The operation that the words of a command line mean: a script, a JSON file, or what stands after `--`. */
export async function scriptOrOperation(
  script: string | undefined,
  options: Omit<RunOptions, keyof FollowOperationOptions>,
) {
  if (options.operation !== undefined) return await readOperation(options.operation)
  if (script !== undefined) return await codeOperation(script, options.language, options)
  throw new OperationError('invalid-operation', 'there is nothing to run', {
    remedy: 'name a script, or an operation with --operation',
  })
}

export { languageOption, operationOption }

function addFollowing(command: Command): Command {
  return command
    .option('-o, --out <directory>', 'where to put artifacts', '.')
    .option('-d, --detach', 'print the id of the run and do not wait')
    .option('--callback <url>', 'like --detach, and have the address told of approvals and the end, signed')
    .option('--id <id>', 'name the run, so that asking twice runs it once')
}
