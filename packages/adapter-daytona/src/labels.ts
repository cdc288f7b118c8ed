import { type Labels, labelsSchema, type SandboxInfo, sandboxIdSchema } from '@caisson/core'
import type { Machine } from './cloud.ts'

/** Ours are in capitals: no label is. */
export const keys = {
  namespace: 'CAISSON_NAMESPACE',
  template: 'CAISSON_TEMPLATE',
  createdAtMs: 'CAISSON_CREATED_AT',
  expiresAtMs: 'CAISSON_EXPIRES_AT',
  creation: 'CAISSON_CREATION',
  volumes: 'CAISSON_VOLUMES',
} as const

export interface Origin {
  readonly namespace: string
  readonly template: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
  /** Names one attempt to create, so that what came of it can be found when its answer was lost. */
  readonly creation: string
  /** Names of volumes at Daytona. */
  readonly volumes: readonly string[]
}

export function toLabels(
  { namespace, template, createdAtMs, expiresAtMs, creation, volumes }: Origin,
  labels: Labels,
): Record<string, string> {
  return {
    ...labels,
    [keys.namespace]: namespace,
    [keys.template]: template,
    [keys.createdAtMs]: String(createdAtMs),
    [keys.expiresAtMs]: String(expiresAtMs),
    [keys.creation]: creation,
    ...(volumes.length === 0 ? {} : { [keys.volumes]: volumes.join(',') }),
  }
}

/** Written by the SDK. */
const theirs = 'code-toolbox-language'
/** States in which a sandbox is on its way out or has gone. */
const over: ReadonlySet<string> = new Set([
  'destroyed',
  'destroying',
  'stopped',
  'stopping',
  'archived',
  'archiving',
  'error',
  'build_failed',
])

/** A sandbox as core tells it, or `undefined` if it is not of this namespace or is over. Labels are whatever somebody with the key has written. */
export function toInfo(
  adapter: string,
  namespace: string,
  { id: given, labels, state = 'unknown', snapshot = '' }: Pick<Machine, 'id' | 'labels' | 'state' | 'snapshot'>,
): SandboxInfo | undefined {
  const id = sandboxIdSchema.safeParse(given)
  const [createdAtMs, expiresAtMs] = [Number(labels[keys.createdAtMs]), Number(labels[keys.expiresAtMs])]
  if (labels[keys.namespace] !== namespace || !id.success || over.has(state)) return undefined
  if (!Number.isSafeInteger(createdAtMs) || !Number.isSafeInteger(expiresAtMs) || expiresAtMs <= Date.now())
    return undefined
  const reserved = new Set<string>([...Object.values(keys), theirs])
  const own = labelsSchema.safeParse(Object.fromEntries(Object.entries(labels).filter(([name]) => !reserved.has(name))))
  return {
    id: id.data,
    adapter,
    template: labels[keys.template] ?? snapshot,
    state: state === 'paused' ? 'paused' : 'running',
    createdAtMs,
    expiresAtMs,
    labels: own.success ? own.data : {},
  }
}

/** The names, at Daytona, of the volumes that a sandbox has mounted. */
export function volumesOf({ labels }: Pick<Machine, 'labels'>): readonly string[] {
  return (labels[keys.volumes] ?? '').split(',').filter((name) => name !== '')
}
