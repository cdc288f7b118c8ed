import type { Url } from '@daytona/api-client'
import { serveBuildLog } from '../builds/serve-log.ts'
import type { Services } from '../gateway-options.ts'
import { type Handle, ok } from '../http/call.ts'
import { ownSnapshot } from './snapshots.ts'

/** `GET /sandbox/{id}/build-logs-url` and `/snapshots/{id}/build-logs-url`: where the log of the build is read, with the same key. */
export function buildLogsUrl(services: Services, kind: 'sandbox' | 'snapshots'): Handle<Url> {
  return async (call) => {
    const { id } =
      kind === 'sandbox'
        ? await services.registry.find(call.parts[0] ?? '', call.caller)
        : await ownSnapshot(services, call)
    return ok({ url: `${call.base}/${kind}/${id}/build-logs` })
  }
}

export function buildLogs(services: Services, kind: 'sandbox' | 'snapshots'): Handle<never> {
  return async (call) => {
    const { build } =
      kind === 'sandbox'
        ? await services.registry.find(call.parts[0] ?? '', call.caller)
        : await ownSnapshot(services, call)
    return await serveBuildLog(services, build, call)
  }
}
