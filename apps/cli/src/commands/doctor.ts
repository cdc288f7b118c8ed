import type { Command } from 'commander'
import { isServiceNamed, readExamined } from '../config.ts'
import { examine } from '../doctor/examine.ts'
import type { Finding } from '../doctor/finding.ts'
import { thisMachine } from '../doctor/machine.ts'
import { examineService } from '../doctor/service.ts'
import { exitCodes } from '../exit-codes.ts'
import { printable } from '../output/printable.ts'
import type { Terminal } from '../output/terminal.ts'
import { command, type Surroundings } from '../session.ts'

export function addDoctor(program: Command, surroundings: Surroundings): void {
  program
    .command('doctor')
    .description('check this machine and the service, and say what mends what is missing; works without a service')
    .addHelpText(
      'after',
      `
Ends with 0 when operations can be run here or by the service, and with ${exitCodes.unavailable} otherwise.

Examples:
  caisson doctor
  caisson doctor --json | jq '.[] | select(.state != "good")'`,
    )
    .action(
      command(surroundings, async (session) => {
        const machine = surroundings.machine ?? thisMachine()
        const examined = readExamined()
        const service = examineService(() => session.client, {
          isNamed: isServiceNamed(session.url),
          isListening: async () => await machine.isListening(examined.port),
        })
        const findings = await examine(machine, examined, service)
        session.show(findings, () => format(findings, session.terminal))
        return findings.some(({ state }) => state === 'bad') ? exitCodes.unavailable : exitCodes.ok
      }),
    )
}

function format(findings: readonly Finding[], { colors }: Terminal): string {
  const marks = { good: colors.green('✓'), poor: colors.yellow('!'), bad: colors.red('✗') }
  return [...Map.groupBy(findings, ({ area }) => area)]
    .map(([area, same]) =>
      [
        colors.bold(area),
        ...same.flatMap(({ what, state, detail, remedy }) => [
          `  ${marks[state]} ${what}: ${printable(detail)}`,
          ...(remedy === undefined ? [] : [`      ${printable(remedy)}`]),
        ]),
      ].join('\n'),
    )
    .join('\n')
}
