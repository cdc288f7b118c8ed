import type { IncomingMessage, ServerResponse } from 'node:http'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { readJson } from '../http/body.ts'
import { sendAnswer } from '../http/send.ts'
import { noteActivity } from '../sandboxes/activity.ts'
import { readEnv } from '../sandboxes/env.ts'
import type { Entry } from '../sandboxes/entry.ts'
import type { SandboxRecord } from '../sandboxes/record.ts'
import { recordForToolbox } from './access.ts'
import type { ToolboxHandle } from './call.ts'

export interface ToolboxTarget {
  readonly id: string
  readonly path: string
}

/** What `/toolbox/<id>/<path>` names. */
export function toolboxTarget(pathname: string): ToolboxTarget | undefined {
  const [, id, path] = /^\/toolbox\/([^/]{1,200})(\/.*)$/.exec(pathname) ?? []
  return id === undefined || path === undefined ? undefined : { id, path }
}

/** The sandbox of a request that may use it, at hand and running. */
export async function openForToolbox(
  services: Services,
  target: ToolboxTarget,
  { request, url }: { readonly request: IncomingMessage; readonly url: URL },
): Promise<{ readonly record: SandboxRecord; readonly entry: Entry }> {
  const record = await recordForToolbox(services, target.id, { request, url, path: target.path })
  if (record.state !== 'started') throw new DaytonaError(409, `sandbox ${record.id} is ${record.state}: start it first`)
  const entry = await services.registry.open(record)
  await noteActivity(services.host, record, entry)
  return { record, entry }
}

/** Answers a request to the toolbox. While it does, the sandbox is in use. */
export async function serveToolbox(
  services: Services,
  route: (
    method: string,
    path: string,
  ) => { readonly handle: ToolboxHandle; readonly parts: readonly string[] } | undefined,
  {
    target,
    request,
    response,
    url,
    base,
    signal,
  }: {
    readonly target: ToolboxTarget
    readonly request: IncomingMessage
    readonly response: ServerResponse
    readonly url: URL
    readonly base: string
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { record, entry } = await openForToolbox(services, target, { request, url })
  const match = route(request.method ?? '', target.path)
  if (match === undefined) throw new DaytonaError(404, 'there is nothing here, or it is not offered')
  const cut = (): void => void request.socket.destroy()
  entry.clients.add(cut)
  response.once('close', () => entry.clients.delete(cut))
  // It may have been deleted since it was found.
  if (entry.gone) throw new DaytonaError(404, `sandbox ${record.id} not found`)
  const reply = await match.handle({
    record,
    entry,
    request,
    response,
    base,
    signal,
    env: readEnv(record.env, services.tokens),
    parts: match.parts,
    query: url.searchParams,
    json: async () => await readJson(request),
  })
  if (reply !== 'sent') sendAnswer(response, reply)
}
