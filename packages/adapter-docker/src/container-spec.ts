import { daemonEnvironment, readonlyPaths, seccompProfile } from '@caisson/adapter-kit'
import { defaultResources, kib, mib, type ResolvedSandboxSpec, type Resources } from '@caisson/core'
import type { ContainerCreateOptions, HostConfig, MountConfig } from 'dockerode'
import type { EngineFacts } from './engine-facts.ts'
import { maskedPaths } from './hidden-paths.ts'

/** What one container needs to know beside its spec. */
export interface ContainerPlace {
  readonly name: string
  /** Id of the image, so that nobody can change what a name means in between. */
  readonly imageId: string
  readonly labels: Readonly<Record<string, string>>
  /** The volume with the daemon. */
  readonly daemon: DaemonPlace
  readonly volumes: readonly VolumePlace[]
  readonly runtime?: string | undefined
  /** Size of the writable layer. Absent where it has no limit. */
  readonly layerBytes?: number | undefined
}

export interface DaemonPlace {
  readonly volume: string
  /** Where the engine's machine keeps the volume's content. */
  readonly mountpoint: string
}

export interface VolumePlace {
  readonly volume: string
  readonly path: string
  readonly readOnly: boolean
}

/** What the daemon needs to start code under another user and to end it. Code itself has none. */
const daemonCapabilities = ['KILL', 'SETGID', 'SETUID']

/** Inodes that a file system in memory may hold per MiB: empty files are not free. */
const inodesPerMib = 256

export function resourcesOf(spec: ResolvedSandboxSpec): Resources {
  const given = Object.entries(spec.resources ?? {}).filter(([, value]) => value !== undefined)
  return { ...defaultResources, ...Object.fromEntries(given) }
}

/** The whole isolation of one sandbox as data. Pure: the same spec, facts and place give the same options. */
export function containerSpec(
  spec: ResolvedSandboxSpec,
  facts: EngineFacts,
  place: ContainerPlace,
): ContainerCreateOptions & { readonly HostConfig: HostConfig } {
  const resources = resourcesOf(spec)
  const docker = facts.kind === 'docker'
  return {
    name: place.name,
    Image: place.imageId,
    Labels: { ...place.labels },
    Entrypoint: ['/opt/caisson/daemon'],
    Cmd: ['serve', '--config-from-stdin'],
    Env: environment,
    WorkingDir: '/',
    User: '0:0',
    Hostname: 'sandbox',
    Healthcheck: { Test: ['NONE'] },
    Tty: false,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      AutoRemove: true,
      Init: true,
      LogConfig: { Type: 'none', Config: {} },
      NetworkMode: 'none',
      IpcMode: 'private',
      ...(docker ? { CgroupnsMode: 'private' } : {}),
      CapDrop: ['ALL'],
      CapAdd: daemonCapabilities,
      SecurityOpt: ['no-new-privileges', ...(docker ? [inlineSeccomp] : podmanSecurity(place.daemon))],
      ...(docker ? { MaskedPaths: [...maskedPaths], ReadonlyPaths: [...readonlyPaths] } : {}),
      Memory: resources.memoryBytes,
      MemorySwap: resources.memoryBytes,
      NanoCpus: Math.round(resources.cpus * 1e9),
      PidsLimit: resources.pids,
      OomScoreAdj: sandboxOomScore,
      // Small, as files in memory outlive their programs: together with /tmp they must not fill it, or only the daemon is left to take.
      ShmSize: Math.min(64 * mib, Math.floor(resources.memoryBytes / 8)),
      Tmpfs: memoryFileSystems(resources, docker),
      Ulimits: ulimits(facts),
      Mounts: mounts(place, docker),
      ...(docker ? {} : { Binds: place.volumes.map(podmanBind) }),
      ...(place.runtime === undefined ? {} : { Runtime: place.runtime }),
      ...(place.layerBytes === undefined ? {} : { StorageOpt: { size: String(place.layerBytes) } }),
    },
  }
}

/** When the machine itself runs out of memory, sandboxes go before everything else on it. */
const sandboxOomScore = 500

/** Empty values undo what an image sets for the programs of its own loader: the daemon brings another. */
const environment = [...daemonEnvironment, 'LD_PRELOAD=', 'LD_AUDIT=', 'BUN_OPTIONS=']

/** Docker takes the profile in the request, Podman only as a file of its own machine, which the daemon's volume brings there. */
const inlineSeccomp = `seccomp=${JSON.stringify(seccompProfile())}`

/** Names of files that lie beside the daemon in its volume. */
export const seccompFile = 'seccomp.json'
export const hostsFile = 'hosts'

function podmanSecurity(daemon: DaemonPlace): string[] {
  return [`seccomp=${daemon.mountpoint}/${seccompFile}`, `mask=${maskedPaths.join(':')}`]
}

function memoryFileSystems(resources: Resources, countInodes: boolean): Record<string, string> {
  const scratchBytes = Math.floor(resources.memoryBytes / 2)
  const inodes = (sizeBytes: number): string =>
    // Podman has no such option; there the memory limit, which counts inodes too, is the only bound.
    countInodes ? `,nr_inodes=${Math.max(64, Math.floor((sizeBytes / mib) * inodesPerMib))}` : ''
  return {
    '/run/caisson': `rw,noexec,nosuid,nodev,mode=0700,size=${mib}${inodes(mib)}`,
    '/tmp': `rw,exec,nosuid,nodev,mode=1777,size=${scratchBytes}${inodes(scratchBytes)}`,
  }
}

function ulimits({ kind }: EngineFacts): NonNullable<HostConfig['Ulimits']> {
  const limit = (Name: string, value: number) => ({ Name, Soft: value, Hard: value })
  return [
    limit('core', 0),
    limit('nofile', 4096),
    limit('memlock', 64 * kib),
    limit('sigpending', 1024),
    // Counted over all sandboxes together, so this is no limit of one. Podman wants a larger one than the machine may allow.
    ...(kind === 'podman' ? [limit('nproc', 32_768)] : []),
  ]
}

function mounts({ daemon, volumes }: ContainerPlace, docker: boolean): MountConfig {
  return [
    { Type: 'volume', Source: daemon.volume, Target: '/opt/caisson', ReadOnly: true },
    // Podman would show the machine's own table of names.
    ...(docker
      ? []
      : [{ Type: 'bind' as const, Source: `${daemon.mountpoint}/${hostsFile}`, Target: '/etc/hosts', ReadOnly: true }]),
    ...(docker ? volumes.map(dockerMount) : []),
  ]
}

// Both engines would fill an empty volume with what the image has there, its mode included.
function dockerMount({ volume, path, readOnly }: VolumePlace): MountConfig[number] {
  const options = { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } }
  return { Type: 'volume', Source: volume, Target: path, ReadOnly: readOnly, VolumeOptions: options }
}

/** Podman passes `NoCopy` over and takes it in this form only. */
function podmanBind({ volume, path, readOnly }: VolumePlace): string {
  return `${volume}:${path}:${readOnly ? 'ro' : 'rw'},nocopy`
}
