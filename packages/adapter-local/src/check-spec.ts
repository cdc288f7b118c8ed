import { parseSpec, undeclaredLimits } from '@caisson/adapter-kit'
import { type AdapterCapabilities, type ResolvedSandboxSpec, SandboxError, type SandboxSpec } from '@caisson/core'
import { adapterName } from './adapter-name.ts'

/** The spec with its defaults, or the first thing in it that is wrong or that this adapter does not hold. */
export function checkSpec(spec: SandboxSpec, capabilities: AdapterCapabilities): ResolvedSandboxSpec {
  const checked = parseSpec(adapterName, spec, capabilities)
  const [limit] = undeclaredLimits(checked, capabilities)
  if (limit !== undefined) {
    throw unsupported(
      `resources.${limit}`,
      `a limit on ${limit} cannot be held without root`,
      'run Caisson as root, or leave it out',
    )
  }
  if (Object.keys(checked.secrets).length > 0) {
    throw unsupported('secrets', 'this adapter fetches no secrets', 'pass the values in env')
  }
  if (checked.onExpiry === 'pause' && !capabilities.features.includes('pause')) {
    throw unsupported('onExpiry', 'sandboxes cannot be paused without root', 'run Caisson as root, or let it destroy')
  }
  return checked
}

function unsupported(field: string, message: string, remedy: string): SandboxError {
  return new SandboxError('unsupported', adapterName, message, { field, remedy })
}
