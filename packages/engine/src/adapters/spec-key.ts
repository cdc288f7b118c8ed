import { defaultResources, type SandboxSpec, sandboxSpecSchema } from '@caisson/core'

/** The same text for specs whose sandboxes are interchangeable: all but labels and lifetime. */
export function specKey(spec: SandboxSpec): string {
  const { template, resources, onExpiry, egress, env, secrets, volumes } = sandboxSpecSchema.parse(spec)
  const { cpus, memoryBytes, diskBytes, pids } = { ...defaultResources, ...resources }
  return JSON.stringify([
    template ?? '',
    [cpus, memoryBytes, diskBytes, pids],
    onExpiry,
    egress,
    sorted(env),
    sorted(secrets),
    volumes,
  ])
}

function sorted(record: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(record).toSorted(([left], [right]) => (left < right ? -1 : 1))
}
