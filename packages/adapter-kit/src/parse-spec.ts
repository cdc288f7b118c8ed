import {
  type AdapterCapabilities,
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
  return parsed.data
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
