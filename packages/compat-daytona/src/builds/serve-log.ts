import { setTimeout as delay } from 'node:timers/promises'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import type { Call, Reply } from '../http/call.ts'
import { statusOf } from './build-record.ts'
import { findBuild } from './run-build.ts'

const lookEveryMs = 300

/** The log of a build as text; with `follow=true` to its end. A client that does not read holds up nothing but itself. */
export async function serveBuildLog(
  services: Services,
  id: string | undefined,
  { response, query, signal }: Call,
): Promise<Reply<never>> {
  if (id === undefined || (await findBuild(services, id)) === undefined)
    throw new DaytonaError(404, 'there is no build, and so no log')
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
  let sent = 0
  while (!signal.aborted) {
    const build = await findBuild(services, id)
    if (build === undefined) break
    const isOver = statusOf(build).status !== 'building'
    const fresh = build.logs.slice(sent)
    sent = build.logs.length
    if (fresh.length > 0 && !response.write(`${fresh.join('\n')}\n`)) await drained(response, signal)
    if (isOver || query.get('follow') !== 'true') break
    await delay(lookEveryMs)
  }
  response.end()
  return 'sent'
}

async function drained(response: Call['response'], signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    response.once('drain', resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
