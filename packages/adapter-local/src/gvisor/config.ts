import type { ResolvedSandboxSpec } from '@caisson/core'
import { ociConfig, type OciConfig } from '../oci/config.ts'
import type { OciMount } from '../oci/mounts.ts'
import type { SandboxPlace } from '../oci/place.ts'

/**
 * The same sandbox for runsc. Code meets gVisor's own kernel, which has none of the calls that the filter of the container tier refuses, and
 * whose `/sys` has no room for mounts.
 */
export function gvisorConfig(spec: ResolvedSandboxSpec, place: SandboxPlace): OciConfig {
  const { seccomp: _, ...linux } = ociConfig(spec, place).linux
  const config = ociConfig(spec, place)
  return { ...config, linux, mounts: config.mounts.flatMap(withRoom) }
}

const groups = '/sys/fs/cgroup'

function withRoom(mount: OciMount): readonly OciMount[] {
  if (!mount.destination.startsWith(`${groups}/`)) return [mount]
  const options = ['nosuid', 'noexec', 'nodev', 'mode=755', 'size=65536']
  return [{ destination: groups, type: 'tmpfs', source: 'tmpfs', options }, mount]
}
