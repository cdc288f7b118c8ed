import { isSandboxError, minuteMs, organizationIdSchema } from '@caisson/core'
import { z } from 'zod'
import type { Services } from '../gateway-options.ts'
import { findBuild } from '../builds/run-build.ts'
import { DaytonaError } from '../daytona-error.ts'
import { lastActivity, noteActivity } from '../sandboxes/activity.ts'
import { keepSample } from '../sandboxes/metrics.ts'
import { hasFailed, isBuilding, type SandboxRecord } from '../sandboxes/record.ts'
import { lifetimeMs } from './make-sandbox.ts'
import { archive, pause, stop } from './states.ts'

const expiringSchema = z.object({ token: z.string(), expiresAtMs: z.number() })

/** What time does to sandboxes: idle ones stop, stopped ones are archived or deleted, and those in use are kept alive at their adapters. */
export async function keepUp(services: Services): Promise<void> {
  const { registry, host } = services
  for (const { id } of await registry.listAll()) {
    try {
      await registry.alone(id, async () => {
        const record = await registry.findAny(id)
        if (record !== undefined) await keepUpOne(services, record)
      })
    } catch (error) {
      const isOver = error instanceof DaytonaError && error.status === 404
      if (!isOver) host.onError(error, `keep up sandbox ${id}`)
    }
  }
  await forgetExpired(services)
}

async function keepUpOne(services: Services, record: SandboxRecord): Promise<void> {
  const { registry, host } = services
  const nowMs = Date.now()
  if (record.endsAtMs !== undefined && record.endsAtMs <= nowMs) return await registry.end(record)
  const held = registry.held().find(({ id }) => id === record.id)
  if (held !== undefined && record.state === 'started')
    // One that is gone is dealt with below.
    await keepSample(held, record).catch(() => undefined)
  if (isBuilding(record)) return await keepUpBuild(services, record)
  if (hasFailed(record)) return await forgetFailed(services, record)
  const idleMs = nowMs - (await activityOf(services, record))
  const isDue = (minutes: number): boolean => minutes > 0 && idleMs >= minutes * minuteMs
  const isDeleted = record.autoDeleteMinutes >= 0 && record.state !== 'started' && record.state !== 'paused'
  if (isDeleted && nowMs - record.stateAtMs >= record.autoDeleteMinutes * minuteMs) return await registry.end(record)
  if (record.state === 'started' && isDue(record.autoStopMinutes)) {
    const stopped = await stop(services, record)
    if (stopped.autoDeleteMinutes === 0) await registry.end(stopped)
  } else if (record.state === 'started' && isDue(record.autoPauseMinutes)) await pause(services, record)
  else if (record.state === 'stopped' && isDue(record.autoArchiveMinutes)) await archive(services, record)
  else if (record.state !== 'archived') await prolong(services, record)
  if (record.state === 'archived') await host.records.remove('activity', record.organization, record.id)
}

/** A build that somebody works on moves on; that nobody does is known only after a while. */
const unattendedMs = 5 * minuteMs

async function keepUpBuild(services: Services, record: SandboxRecord): Promise<void> {
  const build = record.build === undefined ? undefined : await findBuild(services, record.build)
  if (Date.now() - Math.max(build?.updatedAtMs ?? 0, record.updatedAtMs) < unattendedMs) return
  const errorReason = 'the process of the service that made this sandbox is gone: create it again'
  await services.registry.save(record, { state: 'build_failed', stateAtMs: Date.now(), errorReason })
}

const shownMinutes = 10

/** Why it could not be made is told for a while, even where sandboxes are to be deleted at once. */
async function forgetFailed({ registry }: Services, record: SandboxRecord): Promise<void> {
  const { autoDeleteMinutes, stateAtMs } = record
  const keptMs = Math.max(autoDeleteMinutes, shownMinutes) * minuteMs
  if (autoDeleteMinutes >= 0 && Date.now() - stateAtMs >= keptMs) await registry.end(record)
}

/** While somebody's call is answered the sandbox is in use, however long that takes. */
async function activityOf({ host, registry }: Services, record: SandboxRecord): Promise<number> {
  const entry = registry.held().find(({ id }) => id === record.id)
  if (entry === undefined || entry.clients.size === 0) return await lastActivity(host, record)
  await noteActivity(host, record, entry)
  return Date.now()
}

async function prolong(services: Services, record: SandboxRecord): Promise<void> {
  const { sandbox } = await services.registry.open(record)
  const longestMs = lifetimeMs(services, record.place?.adapter)
  try {
    const { expiresAtMs } = await sandbox.info()
    if (expiresAtMs - Date.now() < longestMs / 2) await sandbox.extend(longestMs)
  } catch (error) {
    if (!isSandboxError(error) || error.code !== 'sandbox-not-found') throw error
    await services.registry.end(record)
  }
}

async function forgetExpired({ host }: Services): Promise<void> {
  for (const kind of ['preview', 'ssh'] as const) {
    for (const value of await host.records.listAll(kind)) {
      const { token, expiresAtMs } = expiringSchema.parse(value)
      if (expiresAtMs > Date.now()) continue
      const found = await host.records.get(kind, token)
      if (found !== undefined) await host.records.remove(kind, organizationIdSchema.parse(found.organization), token)
    }
  }
}
