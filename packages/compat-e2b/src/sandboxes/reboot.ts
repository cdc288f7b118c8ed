import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { endProcesses } from '@caisson/compat-kit'
import { accessTokenHeader } from '@caisson/wire-e2b'
import type { Entry } from './entry.ts'

/** Ends all that was started in a sandbox and, where our daemon runs in it, lets it look newly booted. Files stay. */
export async function reboot({ sandbox, link, agent }: Entry): Promise<void> {
  await endProcesses(sandbox)
  if (link === undefined) return
  const headers = { host: 'daemon', [accessTokenHeader]: link.accessToken }
  const asked = request({ agent, method: 'POST', path: '/boot', headers }).end()
  const answered: IncomingMessage[] = await once(asked, 'response')
  for (const answer of answered) answer.resume()
}
