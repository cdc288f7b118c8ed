import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Services } from '../gateway-options.ts'
import { findRunning } from './find-running.ts'
import { sendNotFound } from './not-there.ts'
import { serveCode } from './serve-code.ts'
import { serveEnvd } from './serve-envd.ts'
import { servePort } from './serve-port.ts'
import { serveTranslated } from '../translate/serve-translated.ts'
import { serveTranslatedCode } from '../translate/serve-code.ts'
import { envdPort, isService, type Target } from './target.ts'

/** Answers a request for a port of a sandbox. */
export async function serveDataPlane(
  services: Services,
  target: Target,
  {
    request,
    response,
    url,
  }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly url: URL },
): Promise<void> {
  const { id, port } = target
  const entry = await findRunning(services, id)
  if (entry === undefined) return sendNotFound(response, id)
  const { link } = entry
  if (!isService(target)) return await servePort(services, { request, response, entry, port })
  if (link === undefined) {
    if (port === envdPort) return await serveTranslated(services, { request, response, url, entry })
    return await serveTranslatedCode(services, { request, response, url, entry })
  }
  if (port === envdPort) serveEnvd(services, { request, response, url, entry, link })
  else serveCode(services, { request, response, url, entry, link })
}
