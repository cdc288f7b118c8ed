import { isOperationError, isSandboxError, toErrorData } from '@caisson/core'
import type { Command } from 'commander'
import { exitCodes } from '../exit-codes.ts'
import { printable } from '../output/printable.ts'
import { formatDuration } from '../output/time.ts'
import { command, type Session, type Surroundings } from '../session.ts'

interface Finding {
  readonly what: string
  readonly state: 'good' | 'poor' | 'bad'
  readonly detail: string
  readonly remedy?: string | undefined
}

export function addDoctor(program: Command, surroundings: Surroundings): void {
  program
    .command('doctor')
    .description('check the service, the key and the adapters, and say what mends what is wrong')
    .action(
      command(surroundings, async (session) => {
        const findings = await examine(session)
        const { colors } = session.terminal
        const marks = { good: colors.green('✓'), poor: colors.yellow('!'), bad: colors.red('✗') }
        session.show(findings, () =>
          findings
            .map(({ what, state, detail, remedy }) =>
              [
                `${marks[state]} ${what}: ${printable(detail)}`,
                ...(remedy === undefined ? [] : [`    ${printable(remedy)}`]),
              ].join('\n'),
            )
            .join('\n'),
        )
        return findings.some(({ state }) => state === 'bad') ? exitCodes.unavailable : exitCodes.ok
      }),
    )
}

async function examine({ client }: Session): Promise<readonly Finding[]> {
  try {
    const [status, caller, adapters, policy] = await Promise.all([
      client.status(),
      client.whoami(),
      client.adapters(),
      client.policy(),
    ])
    return [
      {
        what: 'service',
        state: 'good',
        detail: `version ${status.version}, up for ${formatDuration(Date.now() - status.startedAtMs)}, ${status.database} database`,
      },
      { what: 'key', state: 'good', detail: `${caller.keyName}, ${caller.role} of ${caller.organization}` },
      { what: 'policy', state: 'good', detail: `${policy.name} ${policy.version}` },
      ...adapters.map(({ name, capabilities, health }): Finding => {
        const states = { healthy: 'good', degraded: 'poor', unavailable: 'bad' } as const
        const detail = `${health.status}, isolation ${capabilities.isolation}, answered in ${formatDuration(health.latencyMs)}`
        return {
          what: `adapter ${name}`,
          state: states[health.status],
          detail: health.reason === undefined ? detail : `${detail}: ${health.reason}`,
          remedy: health.remedy,
        }
      }),
    ]
  } catch (error) {
    if (!isSandboxError(error) && !isOperationError(error)) throw error
    const { message, remedy } = toErrorData(error)
    return [{ what: 'service', state: 'bad', detail: message, remedy }]
  }
}
