import type { Language } from '@caisson/core'
import type { Command } from 'commander'
import { addOperationOptions, commandOperation, type OperationOptions } from '../operation-options.ts'
import { formatDecision } from '../output/format-decision.ts'
import { command, type Surroundings } from '../session.ts'
import { languageOption, operationOption, scriptOrOperation } from './run.ts'

interface DecideOptions extends OperationOptions {
  readonly language?: Language | undefined
  readonly operation?: string | undefined
  readonly exec?: boolean | undefined
  readonly explain?: boolean | undefined
}

export function addDecide(program: Command, surroundings: Surroundings): void {
  addOperationOptions(program.command('decide [script] [argv...]'))
    .description('say where an operation would run and why, without running it')
    .addOption(languageOption())
    .option(...operationOption)
    .option('-x, --exec', 'the words are a command and not a script')
    .option('--explain', 'the whole derivation in sentences')
    .addHelpText(
      'after',
      `
Examples:
  caisson decide analyse.py
  caisson decide --exec -- rm -rf /
  caisson decide --operation write.json --json`,
    )
    .action(
      command(surroundings, async (session, script: string | undefined, argv: string[], options: DecideOptions) => {
        const words = script === undefined ? argv : [script, ...argv]
        const operation =
          options.exec === true ? await commandOperation(words, options) : await scriptOrOperation(script, options)
        const decided = await session.client.decide(operation)
        session.show(decided, () =>
          options.explain === true ? decided.explanation : formatDecision(decided.decision, session.terminal.columns),
        )
      }),
    )
}
