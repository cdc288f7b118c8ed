import type { Routes } from '@caisson/compat-kit'
import type { Organization, ToolboxProxyUrl } from '@daytona/api-client'
import type { Services } from '../gateway-options.ts'
import { type Handle, ok } from '../http/call.ts'
import { pushAccess } from '../storage/serve-s3.ts'
import { buildLogs, buildLogsUrl } from './build-logs.ts'
import { createSandbox } from './create.ts'
import { forkSandbox } from './fork.ts'
import {
  archiveSandbox,
  pauseSandbox,
  readSandbox,
  recoverSandbox,
  removeSandbox,
  resizeSandbox,
  startSandbox,
  stopSandbox,
} from './lifecycle.ts'
import { listSandboxes } from './list.ts'
import { expirePreviewUrl, readPreviewUrl, signPreviewUrl } from './previews.ts'
import {
  readSigningKey,
  refreshActivity,
  replaceLabels,
  rotateSigningKey,
  setInterval,
  setNetwork,
  setPublic,
  setTtl,
} from './settings.ts'
import {
  createSnapshot,
  deleteSnapshot,
  readSnapshot,
  readSnapshots,
  setSnapshotActive,
  snapshotSandbox,
} from './snapshots.ts'
import { createSshAccess, revokeSshAccess, validateSshAccess } from './ssh.ts'
import { readTelemetry } from './telemetry.ts'
import { createVolume, readVolume, readVolumeByName, readVolumes, removeVolume } from './volumes.ts'

/** The control plane: every path of it that is answered. */
export function controlRoutes(services: Services): Routes<Handle> {
  return {
    'GET /config': async () => ok({ version: '0.218.0' }),
    'POST /sandbox': createSandbox(services),
    'GET /sandbox': listSandboxes(services),
    'GET /sandbox/ssh-access/validate': validateSshAccess(services),
    'GET /sandbox/:': readSandbox(services),
    'DELETE /sandbox/:': removeSandbox(services),
    'POST /sandbox/:/start': startSandbox(services),
    'POST /sandbox/:/stop': stopSandbox(services),
    'POST /sandbox/:/pause': pauseSandbox(services),
    'POST /sandbox/:/archive': archiveSandbox(services),
    'POST /sandbox/:/recover': recoverSandbox(services),
    'POST /sandbox/:/resize': resizeSandbox(services),
    'POST /sandbox/:/fork': forkSandbox(services),
    'POST /sandbox/:/snapshot': snapshotSandbox(services),
    'PUT /sandbox/:/labels': replaceLabels(services),
    'POST /sandbox/:/autostop/:': setInterval(services, 'autoStopMinutes'),
    'POST /sandbox/:/autopause/:': setInterval(services, 'autoPauseMinutes'),
    'POST /sandbox/:/autoarchive/:': setInterval(services, 'autoArchiveMinutes'),
    'POST /sandbox/:/autodelete/:': setInterval(services, 'autoDeleteMinutes'),
    'POST /sandbox/:/ttl/:': setTtl(services),
    'POST /sandbox/:/public/:': setPublic(services),
    'POST /sandbox/:/last-activity': refreshActivity(services),
    'POST /sandbox/:/network-settings': setNetwork(services),
    'GET /sandbox/:/signing-key': readSigningKey(services),
    'POST /sandbox/:/signing-key/rotate': rotateSigningKey(services),
    'GET /sandbox/:/toolbox-proxy-url': toolboxProxyUrl(services),
    'GET /sandbox/:/organization': organizationOf(services),
    'GET /sandbox/:/ports/:/preview-url': readPreviewUrl(services),
    'GET /sandbox/:/ports/:/signed-preview-url': signPreviewUrl(services),
    'POST /sandbox/:/ports/:/signed-preview-url/:/expire': expirePreviewUrl(services),
    'GET /sandbox/:/telemetry/metrics': readTelemetry(services),
    'GET /sandbox/:/build-logs-url': buildLogsUrl(services, 'sandbox'),
    'GET /sandbox/:/build-logs': buildLogs(services, 'sandbox'),
    'POST /sandbox/:/ssh-access': createSshAccess(services),
    'DELETE /sandbox/:/ssh-access': revokeSshAccess(services),
    'GET /snapshots': readSnapshots(services),
    'POST /snapshots': createSnapshot(services),
    'GET /snapshots/:': readSnapshot(services),
    'DELETE /snapshots/:': deleteSnapshot(services),
    'POST /snapshots/:/activate': setSnapshotActive(services, true),
    'POST /snapshots/:/deactivate': setSnapshotActive(services, false),
    'GET /snapshots/:/build-logs-url': buildLogsUrl(services, 'snapshots'),
    'GET /snapshots/:/build-logs': buildLogs(services, 'snapshots'),
    'GET /object-storage/push-access': pushAccess(services),
    'GET /volumes': readVolumes(services),
    'POST /volumes': createVolume(services),
    'GET /volumes/by-name/:': readVolumeByName(services),
    'GET /volumes/:': readVolume(services),
    'DELETE /volumes/:': removeVolume(services),
  }
}

function toolboxProxyUrl({ registry }: Services): Handle<ToolboxProxyUrl> {
  return async ({ parts, caller, base }) => {
    await registry.find(parts[0] ?? '', caller)
    return ok({ url: `${base}/toolbox` })
  }
}

function organizationOf({ registry }: Services): Handle<Pick<Organization, 'id' | 'name'>> {
  return async ({ parts, caller }) => {
    const { organization } = await registry.find(parts[0] ?? '', caller)
    return ok({ id: organization, name: organization })
  }
}
