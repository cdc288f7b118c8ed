import { parseSpec, undeclaredLimits } from '@caisson/adapter-kit'
import { type AdapterCapabilities, type ResolvedSandboxSpec, SandboxError, type SandboxSpec } from '@caisson/core'
import { checkEgress } from './egress.ts'

/** The spec with its defaults. What E2B does not hold is refused, never ignored. */
export function checkSpec(adapter: string, input: SandboxSpec, capabilities: AdapterCapabilities): ResolvedSandboxSpec {
  const spec = parseSpec(adapter, input, capabilities)
  const [limit] = undeclaredLimits(spec, capabilities)
  if (limit !== undefined) {
    throw new SandboxError(
      'unsupported',
      adapter,
      `a sandbox of E2B has the size of its template, which ${limit} cannot change`,
      {
        field: `resources.${limit}`,
        remedy: 'leave resources out and name a template of the wanted size',
      },
    )
  }
  if (Object.keys(spec.secrets).length > 0) {
    throw new SandboxError('unsupported', adapter, 'this adapter fetches no secrets', {
      field: 'secrets',
      remedy: 'pass the values in env, or use an adapter with the feature secrets',
    })
  }
  checkEgress(adapter, spec.egress, capabilities)
  return spec
}
