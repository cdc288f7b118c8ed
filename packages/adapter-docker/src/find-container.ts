import { type CallOptions, type SandboxId, SandboxError, type SandboxInfo } from '@caisson/core'
import { z } from 'zod'
import type { Engine } from './engine.ts'
import { commonLabels, label, readExpiry, readRecord, type SandboxRecord } from './labels.ts'

/** A sandbox as the engine knows it now. */
export interface Found {
  readonly containerId: string
  /** The engine's own word: `created`, `running`, `paused`, `exited` … */
  readonly state: string
  readonly record: SandboxRecord
  readonly expiresAtMs: number
  readonly owner: string
}

export interface Scope {
  readonly engine: Engine
  readonly namespace: string
}

const listSchema = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()),
    State: z.string(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
)

/** All sandboxes of this scope, or the one of that id, whatever state they are in. */
export async function findContainers(
  { engine, namespace }: Scope,
  id: SandboxId | undefined,
  options?: CallOptions,
): Promise<readonly Found[]> {
  const wanted = { ...commonLabels(namespace, 'sandbox'), ...(id === undefined ? {} : { [label.sandbox]: id }) }
  const filters = { label: Object.entries(wanted).map(([name, value]) => `${name}=${value}`) }
  const containers = await engine.call('engine', options, async (abortSignal) =>
    listSchema.parse(await engine.docker.listContainers({ all: true, filters, abortSignal })),
  )
  return containers.flatMap(({ Id, Names, State, Labels }) => {
    const record = readRecord(Labels ?? {})
    const expiresAtMs = Names.map(readExpiry).find((expiry) => expiry !== undefined)
    if (record === undefined || expiresAtMs === undefined) return []
    return [{ containerId: Id, state: State, record, expiresAtMs, owner: Labels?.[label.owner] ?? '' }]
  })
}

/** The living sandbox of that id. One that is over, or was never there, is `sandbox-not-found`. */
export async function findLiving(scope: Scope, id: SandboxId, options?: CallOptions): Promise<Found> {
  const found = (await findContainers(scope, id, options)).find(isLiving)
  if (found !== undefined) return found
  throw new SandboxError('sandbox-not-found', scope.engine.adapter, `there is no sandbox ${id}`, { field: 'id' })
}

export function isLiving({ state, record, expiresAtMs }: Found): boolean {
  const over = record.onExpiry === 'destroy' && expiresAtMs <= Date.now()
  return !over && (state === 'running' || state === 'paused')
}

export function infoOf(adapter: string, { record, state, expiresAtMs }: Found): SandboxInfo {
  const { id, template, createdAtMs, labels } = record
  return { id, adapter, template, state: state === 'paused' ? 'paused' : 'running', createdAtMs, expiresAtMs, labels }
}
