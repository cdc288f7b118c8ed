import { type Labels, labelsSchema, type SandboxInfo, sandboxIdSchema } from '@caisson/core'
import type { VendorInfo } from './cloud.ts'

/** Ours are in capitals: no label is. */
const keys = {
  namespace: 'CAISSON_NAMESPACE',
  template: 'CAISSON_TEMPLATE',
  createdAtMs: 'CAISSON_CREATED_AT',
  ttlMs: 'CAISSON_TTL',
  creation: 'CAISSON_CREATION',
} as const

export interface Origin {
  readonly namespace: string
  readonly template: string
  readonly createdAtMs: number
  readonly ttlMs: number
  /** Names one attempt to create, so that what came of it can be found when its answer was lost. */
  readonly creation: string
}

export function toMetadata(
  { namespace, template, createdAtMs, ttlMs, creation }: Origin,
  labels: Labels,
): Record<string, string> {
  return {
    ...labels,
    [keys.namespace]: namespace,
    [keys.template]: template,
    [keys.createdAtMs]: String(createdAtMs),
    [keys.ttlMs]: String(ttlMs),
    [keys.creation]: creation,
  }
}

export function namespaceQuery(namespace: string, labels: Labels = {}): Record<string, string> {
  return { ...labels, [keys.namespace]: namespace }
}

export function creationQuery(creation: string): Record<string, string> {
  return { [keys.creation]: creation }
}

/** A sandbox as core tells it, or `undefined` if it is not of this namespace. Metadata is whatever somebody with the team's key has written. */
export function toInfo(adapter: string, namespace: string, info: VendorInfo): SandboxInfo | undefined {
  const { metadata } = info
  const id = sandboxIdSchema.safeParse(info.sandboxId)
  if (metadata[keys.namespace] !== namespace || !id.success) return undefined
  const own = new Set<string>(Object.values(keys))
  const labels = labelsSchema.safeParse(Object.fromEntries(Object.entries(metadata).filter(([name]) => !own.has(name))))
  const createdAtMs = Number(metadata[keys.createdAtMs])
  return {
    id: id.data,
    adapter,
    template: metadata[keys.template] ?? info.templateId,
    state: info.state === 'paused' ? 'paused' : 'running',
    createdAtMs: Number.isSafeInteger(createdAtMs) ? createdAtMs : info.startedAt.getTime(),
    expiresAtMs: info.endAt.getTime(),
    labels: labels.success ? labels.data : {},
  }
}

/** How long the sandbox was to live at first: what it is given again when it goes on after its time. */
export function ttlOf({ metadata }: VendorInfo): number | undefined {
  const ttlMs = Number(metadata[keys.ttlMs])
  return Number.isSafeInteger(ttlMs) && ttlMs > 0 ? ttlMs : undefined
}
