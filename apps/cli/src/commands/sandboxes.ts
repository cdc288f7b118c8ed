import { sandboxIdSchema } from '@caisson/core'
import type { Command } from 'commander'
import { formatAge, formatDuration } from '../output/time.ts'
import { formatTable } from '../quickstart/table.ts'
import { command, type Surroundings } from '../session.ts'

export function addSandboxes(program: Command, surroundings: Surroundings): void {
  const sandboxes = program.command('sandboxes').description('list the living sandboxes, or end one')
  sandboxes
    .command('list', { isDefault: true })
    .description('list the living sandboxes')
    .action(
      command(surroundings, async (session) => {
        const listed = await session.client.sandboxes.list()
        session.show(listed, () => {
          const rows = listed.map(({ id, adapter, template, state, createdAtMs, expiresAtMs, labels }) => [
            id,
            adapter,
            template,
            state,
            formatAge(createdAtMs),
            formatDuration(Math.max(0, expiresAtMs - Date.now())),
            labels['run'] ?? '-',
          ])
          return formatTable([['sandbox', 'adapter', 'template', 'state', 'created', 'ends in', 'run'], ...rows], {
            flexible: 6,
            width: session.terminal.columns,
          })
        })
      }),
    )
  sandboxes
    .command('destroy <adapter> <sandbox>')
    .description('end a sandbox with all that runs in it')
    .action(
      command(surroundings, async (session, adapter: string, sandbox: string) => {
        const id = sandboxIdSchema.parse(sandbox)
        const result = await session.client.sandboxes.destroy({ adapter, id })
        session.show({ result }, () => result)
      }),
    )
}
