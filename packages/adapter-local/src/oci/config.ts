import {
  daemonEnvironment,
  maskedPaths,
  readonlyPaths,
  type SeccompProfile,
  seccompProfile,
} from '@caisson/adapter-kit'
import { defaultResources, gib, kib, type ResolvedSandboxSpec, type Resources } from '@caisson/core'
import { mounts, type OciMount } from './mounts.ts'
import type { SandboxPlace } from './place.ts'

/** The part of the OCI runtime specification's config.json that is used here. */
export interface OciConfig {
  readonly ociVersion: string
  readonly process: {
    readonly terminal: boolean
    readonly user: { readonly uid: number; readonly gid: number; readonly umask: number }
    readonly args: readonly string[]
    readonly env: readonly string[]
    readonly cwd: string
    readonly capabilities: Readonly<Record<CapabilitySet, readonly string[]>>
    readonly rlimits: readonly { readonly type: string; readonly hard: number; readonly soft: number }[]
    readonly noNewPrivileges: boolean
  }
  readonly root: { readonly path: string; readonly readonly: boolean }
  readonly hostname: string
  readonly mounts: readonly OciMount[]
  readonly linux: {
    readonly namespaces: readonly { readonly type: string }[]
    readonly uidMappings: readonly IdMapping[]
    readonly gidMappings: readonly IdMapping[]
    readonly maskedPaths: readonly string[]
    readonly readonlyPaths: readonly string[]
    readonly rootfsPropagation: string
    readonly cgroupsPath?: string | undefined
    readonly seccomp?: SeccompProfile | undefined
  }
}

type CapabilitySet = 'bounding' | 'effective' | 'inheritable' | 'permitted' | 'ambient'

interface IdMapping {
  readonly containerID: number
  readonly hostID: number
  readonly size: number
}

/** What the daemon needs to start code under another user and to end it. Code itself has none. */
const daemonCapabilities = ['CAP_KILL', 'CAP_SETGID', 'CAP_SETUID']

/**
 * What root inside may have beside that: to own and change files of all users inside, and to serve on low ports of the sandbox's own network. None of it
 * reaches beyond the user namespace. No mounts, no devices, no raw packets, no tracing, no higher limits, no further capability ever.
 */
const sudoCapabilities = [
  ...daemonCapabilities,
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_NET_BIND_SERVICE',
  'CAP_SETFCAP',
]

/** In the environment of the sandbox's first process, by which the host knows it for what it is. */
export const sandboxVariable = 'CAISSON_SANDBOX'

export function resourcesOf(spec: ResolvedSandboxSpec): Resources {
  return { ...defaultResources, ...definedOnly(spec.resources ?? {}) }
}

/** The whole isolation of one sandbox as data. Pure: the same spec and place give the same configuration. */
export function ociConfig(spec: ResolvedSandboxSpec, place: SandboxPlace): OciConfig {
  const resources = resourcesOf(spec)
  const ids: readonly IdMapping[] = [{ containerID: 0, hostID: place.idBase, size: place.idCount }]
  return {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0, umask: 0o22 },
      args: ['/opt/caisson-init', '-g', '--', '/opt/caisson/daemon', 'serve'],
      env: [...daemonEnvironment, `${sandboxVariable}=${place.id}`],
      cwd: '/',
      capabilities: {
        bounding: place.sudo ? sudoCapabilities : daemonCapabilities,
        effective: daemonCapabilities,
        permitted: daemonCapabilities,
        inheritable: [],
        ambient: [],
      },
      rlimits: [
        limit('RLIMIT_CORE', 0),
        limit('RLIMIT_NOFILE', 4096),
        limit('RLIMIT_FSIZE', Math.max(2 * gib, resources.diskBytes)),
        limit('RLIMIT_MEMLOCK', 64 * kib),
        limit('RLIMIT_MSGQUEUE', 0),
        limit('RLIMIT_SIGPENDING', 1024),
        // Counted for each user of the sandbox by itself: a fork bomb uses up the code's share and leaves the daemon its own.
        limit('RLIMIT_NPROC', resources.pids),
      ],
      noNewPrivileges: !place.sudo,
    },
    root: { path: place.rootfs, readonly: false },
    hostname: 'sandbox',
    mounts: mounts(place, resources),
    linux: {
      namespaces: ['pid', 'ipc', 'uts', 'mount', 'cgroup', 'network', 'user'].map((type) => ({ type })),
      uidMappings: ids,
      gidMappings: ids,
      maskedPaths,
      readonlyPaths,
      rootfsPropagation: 'private',
      ...(place.cgroup === undefined ? {} : { cgroupsPath: `/${place.cgroup}` }),
      seccomp: seccompProfile(),
    },
  }
}

function limit(type: string, value: number): OciConfig['process']['rlimits'][number] {
  return { type, hard: value, soft: value }
}

function definedOnly(resources: NonNullable<ResolvedSandboxSpec['resources']>): Partial<Resources> {
  return Object.fromEntries(Object.entries(resources).filter(([, value]) => value !== undefined))
}
