import { parseSpec, undeclaredLimits } from '@caisson/adapter-kit'
import { type AdapterCapabilities, type ResolvedSandboxSpec, SandboxError, type SandboxSpec } from '@caisson/core'

/** The spec with its defaults, or the first thing in it that is wrong or that this adapter does not hold. */
export function checkSpec(adapter: string, spec: SandboxSpec, capabilities: AdapterCapabilities): ResolvedSandboxSpec {
  const checked = parseSpec(adapter, spec, capabilities)
  const unsupported = (field: string, message: string, remedy: string): SandboxError =>
    new SandboxError('unsupported', adapter, message, { field, remedy })
  const [limit] = undeclaredLimits(checked, capabilities)
  if (limit !== undefined) {
    const remedy = 'leave it out, or use an engine that holds it and declare it in `limits`'
    throw unsupported(`resources.${limit}`, `this adapter declares no limit on ${limit}`, remedy)
  }
  if (checked.onExpiry === 'pause' && !capabilities.features.includes('pause')) {
    throw unsupported(
      'onExpiry',
      'its sandboxes cannot be paused',
      'let it destroy, or use an engine with control groups',
    )
  }
  // gVisor refuses to write there and empties the file all the same, and no engine mounts its side read-only.
  const readOnly = capabilities.isolation === 'gvisor' ? checked.volumes.findIndex((volume) => volume.readOnly) : -1
  if (readOnly !== -1) {
    const remedy = 'mount it for writing, or use another runtime or the gVisor tier of the local adapter'
    throw unsupported(`volumes.${readOnly}.readOnly`, 'under gVisor engines do not keep volumes from changes', remedy)
  }
  if (Object.keys(checked.secrets).length > 0) {
    throw unsupported('secrets', 'this adapter fetches no secrets', 'pass the values in env')
  }
  return checked
}
