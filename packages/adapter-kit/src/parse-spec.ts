import {
  type AdapterCapabilities,
  egressHeadersOf,
  type EgressPolicy,
  type ResolvedSandboxSpec,
  SandboxError,
  type SandboxSpec,
  sandboxSpecSchema,
} from '@caisson/core'

/** The spec with its defaults, or `invalid-argument` with the first field that is wrong. */
export function parseSpec(adapter: string, spec: SandboxSpec, capabilities: AdapterCapabilities): ResolvedSandboxSpec {
  const parsed = sandboxSpecSchema.safeParse(spec)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new SandboxError('invalid-argument', adapter, issue?.message ?? 'not a valid sandbox spec', {
      field: issue?.path.map(String).join('.'),
      cause: parsed.error,
    })
  }
  checkTtl(adapter, parsed.data.ttlMs, capabilities)
  checkVolumes(adapter, parsed.data, capabilities)
  checkEgressHeaders(adapter, parsed.data.egress, capabilities)
  return parsed.data
}

/** Refuses volumes that the adapter does not offer, sizes that it does not hold, and volumes that would be nobody's. */
function checkVolumes(
  adapter: string,
  { volumes, labels }: ResolvedSandboxSpec,
  { features, limits }: AdapterCapabilities,
): void {
  if (volumes.length === 0) return
  if (!features.includes('volumes')) {
    throw new SandboxError('unsupported', adapter, 'this adapter has no volumes', {
      field: 'volumes',
      remedy: 'use an adapter with the feature volumes, or write files instead',
    })
  }
  const sized = volumes.findIndex(({ sizeBytes }) => sizeBytes !== undefined)
  if (sized !== -1 && !limits.includes('volume')) {
    throw new SandboxError('unsupported', adapter, 'this adapter does not hold the size of volumes', {
      field: `volumes.${sized}.sizeBytes`,
      remedy: 'leave the size out, or use an adapter with the limit volume',
    })
  }
  if ((labels['organization'] ?? '') === '') {
    throw new SandboxError('invalid-argument', adapter, 'volumes belong to an organization', {
      field: 'labels.organization',
    })
  }
}

/** Refuses headers that would not be there: a request without its key, or with another one, says something else than it should. */
export function checkEgressHeaders(adapter: string, policy: EgressPolicy, { features }: AdapterCapabilities): void {
  if (egressHeadersOf(policy).length === 0 || features.includes('egress-headers')) return
  throw new SandboxError('unsupported', adapter, 'this adapter puts no headers into requests on their way out', {
    field: 'egress.headers',
    remedy: 'use an adapter with the feature egress-headers, or leave them out',
  })
}

/** Refuses a life that is longer than the adapter declares. */
export function checkTtl(adapter: string, ttlMs: number, { maxTtlMs }: AdapterCapabilities): void {
  if (Number.isInteger(ttlMs) && ttlMs > 0 && ttlMs <= maxTtlMs) return
  throw new SandboxError('invalid-argument', adapter, `a sandbox lives for 1 to ${maxTtlMs} ms`, { field: 'ttlMs' })
}

const limitOfResource = { cpus: 'cpus', memoryBytes: 'memory', diskBytes: 'disk', pids: 'pids' } as const

/** Names of the fields of `resources` that ask for a limit which the adapter does not declare. */
export function undeclaredLimits(spec: ResolvedSandboxSpec, { limits }: AdapterCapabilities): readonly string[] {
  return (Object.keys(limitOfResource) as (keyof typeof limitOfResource)[]).filter(
    (name) => spec.resources?.[name] !== undefined && !limits.includes(limitOfResource[name]),
  )
}
