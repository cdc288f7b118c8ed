import type { Role } from '@caisson/client'
import { hourMs } from '@caisson/core'
import { type Command, Option } from 'commander'
import { formatAge, formatDuration } from '../output/time.ts'
import { formatTable } from '../quickstart/table.ts'
import { parseAmount } from '../parse-amount.ts'
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
          const rows = listed.map(({ id, name, role, prefix, createdAtMs, expiresAtMs, revokedAtMs }) => [
            id,
            name,
            role,
            `${prefix}…`,
            formatAge(createdAtMs),
            revokedAtMs === undefined ? endOf(expiresAtMs) : 'revoked',
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
    .option('--days <number>', 'how long it works; default: until it is revoked', parseAmount)
    .action(
      command(
        surroundings,
        async (session, name: string, { role, days }: { readonly role: Role; readonly days?: number }) => {
          const ending = days === undefined ? {} : { expiresAtMs: Date.now() + days * 24 * hourMs }
          const created = await session.client.keys.create({ name, role, ...ending })
          session.show(created, () => created.key)
        },
      ),
    )
  keys
    .command('rotate <key>')
    .description('make a fresh key with the name, role and length of life of an old one; it is shown once')
    .option('--overlap <hours>', 'how long the old one goes on to work', parseAmount, 0)
    .action(
      command(surroundings, async (session, id: string, { overlap }: { readonly overlap: number }) => {
        const created = await session.client.keys.rotate(id, Math.round(overlap * hourMs))
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

function endOf(expiresAtMs: number | undefined): string {
  if (expiresAtMs === undefined) return ''
  const leftMs = expiresAtMs - Date.now()
  return leftMs <= 0 ? 'expired' : `ends in ${formatDuration(leftMs)}`
}
