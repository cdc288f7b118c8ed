import type { Sandbox as SandboxDto, SandboxListItem } from '@daytona/api-client'
import { effectiveEnv, readEnv } from './env.ts'
import type { SandboxRecord } from './record.ts'
import type { Tokens } from './tokens.ts'

/** The name by which Daytona's clients know the user of a sandbox. It stands for whatever user the template has. */
export const daytonaUser = 'daytona'

const daemonVersion = '0.218.0'

interface Context {
  readonly base: string
  readonly lastActivityAtMs?: number | undefined
}

/** One item of a list. */
export function listedView(record: SandboxRecord, { base, lastActivityAtMs }: Context): SandboxListItem {
  const at = (atMs: number): string => new Date(atMs).toISOString()
  return {
    id: record.id,
    organizationId: record.organization,
    name: record.name,
    target: record.target,
    sandboxClass: 'container',
    state: record.state,
    desiredState: desiredState(record),
    snapshot: record.snapshot,
    user: daytonaUser,
    recoverable: false,
    public: record.public,
    networkBlockAll: isBlocked(record),
    ...(record.network.allowList === undefined ? {} : { networkAllowList: record.network.allowList }),
    ...(record.network.domainAllowList === undefined ? {} : { domainAllowList: record.network.domainAllowList }),
    cpu: record.cpu,
    gpu: 0,
    memory: record.memoryGib,
    disk: record.diskGib,
    labels: record.labels,
    backupState: record.state === 'archived' ? 'Completed' : 'None',
    autoStopInterval: record.autoStopMinutes,
    autoPauseInterval: record.autoPauseMinutes,
    autoArchiveInterval: record.autoArchiveMinutes,
    autoDeleteInterval: record.autoDeleteMinutes,
    ...(record.endsAtMs === undefined ? {} : { autoDestroyAt: at(record.endsAtMs) }),
    createdAt: at(record.createdAtMs),
    updatedAt: at(record.updatedAtMs),
    lastActivityAt: at(lastActivityAtMs ?? record.updatedAtMs),
    daemonVersion,
    toolboxProxyUrl: `${base}/toolbox`,
  }
}

/** A sandbox as every call but the list tells it. */
export function sandboxView(record: SandboxRecord, context: Context & { readonly tokens: Tokens }): SandboxDto {
  const { sandboxClass: _class, backupState: _backup, ...listed } = listedView(record, context)
  const { dockerfile } = record
  return {
    ...listed,
    sandboxClass: 'container',
    backupState: record.state === 'archived' ? 'Completed' : 'None',
    env: { ...effectiveEnv(readEnv(record.env, context.tokens)) },
    volumes: record.volumes,
    ...(record.errorReason === undefined ? {} : { errorReason: record.errorReason }),
    ...(dockerfile === undefined ? {} : { buildInfo: buildInfo(record, dockerfile) }),
  }
}

function desiredState({ state }: SandboxRecord): NonNullable<SandboxListItem['desiredState']> {
  switch (state) {
    case 'pending_build':
    case 'building_snapshot':
    case 'build_failed':
    case 'error':
      return 'started'
    case 'started':
    case 'stopped':
    case 'paused':
    case 'archived':
      return state
  }
}

function buildInfo(
  { createdAtMs, snapshot }: SandboxRecord,
  dockerfileContent: string,
): SandboxDto['buildInfo'] & object {
  const createdAt = new Date(createdAtMs)
  return { dockerfileContent, contextHashes: [], createdAt, updatedAt: createdAt, snapshotRef: snapshot }
}

/** What is really so, and not what was asked for: without an address that is allowed, nothing is reached. */
function isBlocked({ network }: SandboxRecord): boolean {
  return network.blockAll === true || `${network.allowList ?? ''}${network.domainAllowList ?? ''}` === ''
}
