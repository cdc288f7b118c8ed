import type { Role } from '@caisson/client'
import { type Command, Option } from 'commander'
import { formatAge } from '../output/time.ts'
import { formatTable } from '../quickstart/table.ts'
import { command, type Surroundings } from '../session.ts'

export function addKeys(program: Command, surroundings: Surroundings): void {
  const keys = program.command('keys').description('the API keys of your organization; needs a key with the role admin')
  keys
    .command('list', { isDefault: true })
    .description('list keys, newest first')
    .action(
      command(surroundings, async (session) => {
        const listed = await session.client.keys.list()
        session.show(listed, () => {
          const rows = listed.map(({ id, name, role, prefix, createdAtMs, revokedAtMs }) => [
            id,
            name,
            role,
            `${prefix}…`,
            formatAge(createdAtMs),
            revokedAtMs === undefined ? '' : 'revoked',
          ])
          return formatTable([['key', 'name', 'role', 'begins with', 'made', ''], ...rows], {
            flexible: 1,
            width: session.terminal.columns,
          })
        })
      }),
    )
  keys
    .command('create <name>')
    .description('make a key; it is shown once')
    .addOption(
      new Option('-r, --role <role>', 'what it may do').choices(['agent', 'operator', 'admin']).default('agent'),
    )
    .action(
      command(surroundings, async (session, name: string, { role }: { readonly role: Role }) => {
        const created = await session.client.keys.create({ name, role })
        session.show(created, () => created.key)
      }),
    )
  keys
    .command('revoke <key>')
    .description('make a key worthless at once')
    .action(
      command(surroundings, async (session, id: string) => {
        const result = await session.client.keys.revoke(id)
        session.show({ result }, () => result)
      }),
    )
}
