import type { Services } from '../gateway-options.ts'
import type { Handle, Routes } from '../http/route.ts'
import { createSandbox } from './create-sandbox.ts'
import { forkSandbox } from './fork.ts'
import {
  connectSandbox,
  getSandbox,
  killSandbox,
  pauseSandbox,
  refreshSandbox,
  setNetwork,
  setTimeoutOf,
} from './lifecycle.ts'
import { listSandboxes } from './list-sandboxes.ts'
import { getManyMetrics, getMetrics } from './metrics.ts'
import { createSecret, getSecrets, readSecret, removeSecret, updateSecret } from './secrets.ts'
import { createSnapshot, getSnapshots } from './snapshots.ts'
import { buildRoutes } from './template-builds.ts'
import { templateRoutes } from './templates.ts'
import { createVolume, getVolumes, readVolume, removeVolume } from './volumes.ts'

/** The control plane: every path of it that is answered. */
export function controlRoutes(services: Services): Routes {
  const create = createSandbox(services)
  const connect = connectSandbox(services, { mayRun: true })
  return {
    'POST /sandboxes': create,
    'POST /v2/sandboxes': create,
    'GET /sandboxes': listSandboxes(services, ['running']),
    'GET /v2/sandboxes': listSandboxes(services, ['running', 'paused']),
    'GET /sandboxes/metrics': getManyMetrics(services),
    'GET /sandboxes/:': getSandbox(services),
    'DELETE /sandboxes/:': killSandbox(services),
    'POST /sandboxes/:/connect': connect,
    'POST /v2/sandboxes/:/connect': connect,
    'POST /sandboxes/:/resume': connectSandbox(services, { mayRun: false }),
    'POST /sandboxes/:/timeout': setTimeoutOf(services),
    'POST /sandboxes/:/refreshes': refreshSandbox(services),
    'POST /sandboxes/:/pause': pauseSandbox(services),
    'PUT /sandboxes/:/network': setNetwork(services),
    'GET /sandboxes/:/metrics': getMetrics(services),
    'GET /sandboxes/:/logs': noLogs(services, 'logs'),
    'GET /v2/sandboxes/:/logs': noLogs(services, 'logs'),
    'POST /sandboxes/:/snapshots': createSnapshot(services),
    'GET /snapshots': getSnapshots(services),
    'POST /sandboxes/:/fork': forkSandbox(services),
    ...templateRoutes(services),
    ...buildRoutes(services),
    'POST /volumes': createVolume(services),
    'GET /volumes': getVolumes(services),
    'GET /volumes/:': readVolume(services),
    'DELETE /volumes/:': removeVolume(services),
    'POST /secrets': createSecret(services),
    'GET /secrets': getSecrets(services),
    'GET /secrets/:': readSecret(services),
    'POST /secrets/:': updateSecret(services),
    'DELETE /secrets/:': removeSecret(services),
    'GET /teams': async ({ caller }) => ({
      status: 200,
      body: [{ teamID: caller.organization, name: caller.organization, apiKey: '', isDefault: true }],
    }),
  }
}

/** The machine of a sandbox writes no log of its own here: what commands print belongs to who started them. */
function noLogs({ registry }: Services, field: string): Handle {
  return async ({ parts, caller }) => {
    await registry.findFor(parts[0] ?? '', caller)
    return { status: 200, body: { [field]: [], logEntries: [] } }
  }
}
