import { OperationError } from '@caisson/core'
import { Command, CommanderError } from 'commander'
import { addApprovals } from './commands/approvals.ts'
import { addAudit } from './commands/audit.ts'
import { addArtifacts } from './commands/artifacts.ts'
import { addBatches } from './commands/batches.ts'
import { addCompletion } from './commands/completion.ts'
import { addCost } from './commands/cost.ts'
import { addDecide } from './commands/decide.ts'
import { addDoctor } from './commands/doctor.ts'
import { addHooks } from './commands/hooks.ts'
import { addKeys } from './commands/keys.ts'
import { addBudgets, addQuotas } from './commands/limits.ts'
import { addNotebook } from './commands/notebook.ts'
import { addPolicy } from './commands/policy.ts'
import { addExec, addRun } from './commands/run.ts'
import { addLogs, addRuns } from './commands/runs.ts'
import { addSandboxes } from './commands/sandboxes.ts'
import { addTemplate } from './commands/template.ts'
import { defaultUrl } from './config.ts'
import { exitCodes } from './exit-codes.ts'
import { addExamples } from './help-examples.ts'
import { showError, type Surroundings } from './session.ts'
import { version } from './version.ts'

/** Does what the words say and returns the exit code. */
export async function runProgram(words: readonly string[], surroundings: Omit<Surroundings, 'end'>): Promise<number> {
  let exitCode: number = exitCodes.ok
  const inside: Surroundings = {
    ...surroundings,
    end: (code) => {
      exitCode = code
    },
  }
  const { terminal } = surroundings
  const json = wantsJson(words)
  const program = new Command('caisson')
    .description('Runs what agents want done where it can do no harm, and tells why there.')
    .version(version)
    .option('--json', 'print JSON')
    .option('--url <address>', `the service; default: CAISSON_URL, else ${defaultUrl}`)
    .configureOutput({ writeOut: terminal.out, writeErr: (text) => (json ? undefined : terminal.err(text)) })
    .showHelpAfterError('(see --help)')
    .addHelpText(
      'after',
      `
The key comes from CAISSON_API_KEY, else from the file that a service on this machine left.

Examples:
  caisson run analyse.py
  caisson decide --exec -- curl https://example.org
  caisson logs -f RUN
  caisson doctor`,
    )
  for (const add of [
    addRun,
    addExec,
    addNotebook,
    addDecide,
    addRuns,
    addLogs,
    addSandboxes,
    addBatches,
    addApprovals,
    addHooks,
    addArtifacts,
    addKeys,
    addQuotas,
    addBudgets,
    addCost,
    addAudit,
    addPolicy,
    addTemplate,
    addDoctor,
  ]) {
    add(program, inside)
  }
  addCompletion(program, terminal)
  addExamples(program)
  allow(program)
  try {
    await program.parseAsync([...words], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return exitCodes.ok
    if (json) showError(terminal, toOperationError(error), json)
    return exitCodes.usage
  }
  return exitCode
}

/** Also of words that make no sense. What stands behind -- belongs to the command that is run. */
function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf('--')
  return words.slice(0, end < 0 ? undefined : end).includes('--json')
}

/** Without a command the library shows the help, as an error that says no more. */
function toOperationError({ code, message }: CommanderError): OperationError {
  const text = code === 'commander.help' ? 'there is no command' : message.replace(/^error: /, '')
  return new OperationError('invalid-operation', text, { remedy: 'see --help' })
}

/** Lets every command take the options of the whole program too, and throw instead of ending the process. */
function allow(command: Command): void {
  command.exitOverride()
  for (const child of command.commands) {
    child.copyInheritedSettings(command)
    if (!child.options.some(({ long }) => long === '--json')) child.option('--json', 'print JSON')
    allow(child)
  }
}
