import { SandboxError } from '@caisson/core'
import { byEnvironment, type KeeperLink } from '@caisson/keeper'
import type { Link } from './link.ts'
import { openRelay } from './relay.ts'

/** What keepers need of Daytona: a terminal for those that talk, a plain command for the others. */
export function keeperLinkOf(link: Link): KeeperLink {
  return {
    adapter: link.adapter,
    openRelay: async (command, events, options) => await openRelay(link, command, events, options),
    run: async (command, options) => {
      const { command: line, envs } = byEnvironment(command)
      const { exitCode, result } = await link.call('sandbox', options, async ({ process }) => {
        return await process.executeCommand(line, undefined, envs)
      })
      if (exitCode === 0) return result
      throw new SandboxError('provider', link.adapter, `perl is needed in the sandbox, and ended with ${exitCode}`)
    },
    explain: async (error) => await link.explain(error),
    userRemedy: 'leave the user out; an image says who its user is',
  }
}
