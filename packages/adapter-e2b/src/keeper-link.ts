import { byEnvironment, type KeeperLink } from '@caisson/keeper'
import type { Link } from './link.ts'
import { openRelay } from './relay.ts'

/** What keepers need of E2B: its commands. */
export function keeperLinkOf(link: Link): KeeperLink {
  return {
    adapter: link.adapter,
    openRelay: async (command, events, options) => await openRelay(link, byEnvironment(command), events, options),
    run: async (command, options) => {
      const { command: line, envs } = byEnvironment(command)
      const { stdout } = await link.call('sandbox', options, async ({ commands }, signal) => {
        return await commands.run(line, { envs, signal })
      })
      return stdout
    },
    explain: async (error) => await link.explain(error, 'sandbox'),
    userRemedy: 'leave the user out; in templates of E2B that user may use sudo',
  }
}
