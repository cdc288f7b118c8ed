import { kib, mib, type Resources } from '@caisson/core'
import type { SandboxPlace } from './place.ts'

/** One entry of the OCI runtime specification's `mounts`. */
export interface OciMount {
  readonly destination: string
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}

/** Inodes that an in-memory file system may hold per MiB: empty files are not free. */
const inodesPerMib = 256

/**
 * Everything that is mounted over the root, in order. What is not in memory is read-only. All in memory together stays well below the memory limit:
 * files outlive the programs that wrote them, so that nobody but the daemon would be left to take when they alone reach it.
 */
export function mounts(place: SandboxPlace, resources: Resources): readonly OciMount[] {
  const share = (part: number): number => Math.floor(resources.memoryBytes / part)
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    memory('/dev', 64 * kib, ['nosuid', 'noexec', 'strictatime', 'mode=755', 'nr_inodes=128']),
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5', 'max=64'],
    },
    memory('/dev/shm', Math.min(64 * mib, share(8)), ['nosuid', 'noexec', 'nodev', 'mode=1777']),
    memory('/run', Math.min(16 * mib, share(16)), ['nosuid', 'noexec', 'nodev', 'mode=755']),
    memory('/tmp', share(2), ['nosuid', 'nodev', 'mode=1777']),
    ...(place.hostUsr ? [readOnly('/usr', '/usr')] : []),
    readOnly(place.daemonDirectory, '/opt/caisson'),
    readOnly(place.init, '/opt/caisson-init'),
    bind(place.runDirectory, '/run/caisson', ['rw', 'noexec']),
    ...(place.ownBootId === true
      ? [readOnly(`${place.runDirectory}/boot-id`, '/proc/sys/kernel/random/boot_id', ['noexec'])]
      : []),
    ...(place.egressDirectory === undefined
      ? []
      : [readOnly(place.egressDirectory, '/run/caisson-egress', ['noexec'])]),
    ...(place.memoryView === undefined
      ? []
      : [readOnly(place.memoryView.source, place.memoryView.destination, ['noexec'])]),
    ...place.volumes.map((volume) => bind(volume.source, volume.path, [volume.readOnly ? 'ro' : 'rw'])),
  ]
}

function memory(destination: string, sizeBytes: number, options: readonly string[]): OciMount {
  const limits = options.some((option) => option.startsWith('nr_inodes='))
    ? []
    : [`nr_inodes=${Math.max(64, Math.floor((sizeBytes / mib) * inodesPerMib))}`]
  return { destination, type: 'tmpfs', source: 'tmpfs', options: [...options, `size=${sizeBytes}`, ...limits] }
}

function readOnly(source: string, destination: string, options: readonly string[] = []): OciMount {
  return bind(source, destination, ['ro', ...options])
}

function bind(source: string, destination: string, options: readonly string[]): OciMount {
  return { destination, type: 'bind', source, options: ['rbind', 'nosuid', 'nodev', ...options] }
}
