import type { HookEventType } from '@caisson/client'
import { hookEventTypes } from '@caisson/client'
import { type Command, Option } from 'commander'
import { formatAge } from '../output/time.ts'
import { printable } from '../output/printable.ts'
import { formatTable } from '../quickstart/table.ts'
import { command, type Surroundings } from '../session.ts'

export function addHooks(program: Command, surroundings: Surroundings): void {
  const hooks = program.command('hooks').description('who is told of approvals and ends of runs; needs the role admin')
  hooks
    .command('list', { isDefault: true })
    .description('list the hooks')
    .action(
      command(surroundings, async (session) => {
        const listed = await session.client.hooks.list()
        session.show(listed, () =>
          formatTable(
            [
              ['hook', 'url', 'events', 'made'],
              ...listed.map(({ id, url, events, createdAtMs }) => [
                id,
                printable(url),
                events.join(' '),
                formatAge(createdAtMs),
              ]),
            ],
            { flexible: 2, width: session.terminal.columns },
          ),
        )
      }),
    )
  hooks
    .command('create <url>')
    .description('have events posted to an address, signed; the secret is told once')
    .addOption(new Option('-e, --event <events...>', 'only these; default: all').choices([...hookEventTypes]))
    .action(
      command(surroundings, async (session, url: string, { event }: { readonly event?: readonly HookEventType[] }) => {
        const hook = await session.client.hooks.create({ url, ...(event === undefined ? {} : { events: event }) })
        session.show(hook, () => `${hook.id}\nsecret: ${hook.secret}`)
      }),
    )
  hooks
    .command('remove <hook>')
    .description('tell it nothing more')
    .action(
      command(surroundings, async (session, id: string) => {
        const outcome = await session.client.hooks.remove(id)
        session.show({ outcome }, () => outcome)
      }),
    )
}
