import type { Command } from 'commander'
import { command, type Surroundings } from '../session.ts'

export function addPolicy(program: Command, surroundings: Surroundings): void {
  program
    .command('policy')
    .description('print the policy in force as YAML')
    .action(
      command(surroundings, async (session) => {
        const policy = await session.client.policy()
        session.show(policy, () => policy.text.trimEnd())
      }),
    )
}
