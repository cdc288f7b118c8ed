import { z } from 'zod'
import { type LimitKind, SandboxError } from '@caisson/core'
import { basename } from 'node:path'

/** What is known of an engine and decides how a sandbox is asked for. */
export interface EngineFacts {
  readonly kind: 'docker' | 'podman'
  readonly version: string
  readonly rootless: boolean
  readonly seccomp: boolean
  /** Limits that containers of this engine are really held to. */
  readonly limits: readonly LimitKind[]
  readonly storageDriver: string
  /** Where the engine's machine keeps what the engine keeps. */
  readonly dataDirectory: string
  /** OCI runtimes by the name under which they can be asked for, and the program that each is. */
  readonly runtimes: ReadonlyMap<string, string>
  readonly defaultRuntime: string
}

const versionSchema = z.object({
  Version: z.string().max(128),
  Components: z
    .array(z.object({ Name: z.string() }))
    .nullish()
    .transform((components) => components ?? []),
})

const infoSchema = z.object({
  OSType: z.string(),
  Architecture: z.string(),
  Driver: z.string(),
  DockerRootDir: z.string().default(''),
  DriverStatus: z.array(z.tuple([z.string(), z.string()])).nullish(),
  DefaultRuntime: z.string().default(''),
  Runtimes: z
    .record(z.string(), z.object({ path: z.string().nullish(), runtimeType: z.string().nullish() }).nullish())
    .nullish()
    .transform((runtimes) => runtimes ?? {}),
  SecurityOptions: z
    .array(z.string())
    .nullish()
    .transform((options) => options ?? []),
  CgroupVersion: z.string().default('1'),
  MemoryLimit: z.boolean().default(false),
  PidsLimit: z.boolean().default(false),
  CpuCfsQuota: z.boolean().default(false),
})

/** Only Podman's own interface tells which runtime it uses and whether it is rootless: the one that it shares with Docker lists runtimes by name, and nothing of root. */
const podmanInfoSchema = z.object({
  host: z.object({ ociRuntime: z.object({ name: z.string() }), security: z.object({ rootless: z.boolean() }) }),
})

export interface EngineAnswers {
  readonly version: unknown
  readonly info: unknown
  /** Podman's own answer about itself. */
  readonly podmanInfo?: unknown
}

export function isPodman(version: unknown): boolean {
  return versionSchema.parse(version).Components.some(({ Name }) => Name === 'Podman Engine')
}

/** Reads the engine's answers about itself. Pure. An engine for which there is no daemon is `unsupported`. */
export function readFacts(adapter: string, answers: EngineAnswers): EngineFacts {
  const version = versionSchema.parse(answers.version)
  const info = infoSchema.parse(answers.info)
  if (info.OSType !== 'linux' || !['x86_64', 'amd64'].includes(info.Architecture)) {
    throw new SandboxError('unsupported', adapter, `the engine runs ${info.OSType} on ${info.Architecture}`, {
      remedy: 'use an engine that runs Linux on x86-64',
    })
  }
  const podman = isPodman(answers.version) ? podmanInfoSchema.parse(answers.podmanInfo).host : undefined
  const rootless =
    podman?.security.rootless ?? info.SecurityOptions.some((option) => option.startsWith('name=rootless'))
  const common = {
    version: version.Version,
    rootless,
    seccomp: info.SecurityOptions.some((option) => option.startsWith('name=seccomp')),
    limits: heldLimits(info, rootless),
    storageDriver: info.Driver,
    dataDirectory: info.DockerRootDir,
  }
  if (podman === undefined) {
    const programs = Object.entries(info.Runtimes).map(
      ([name, runtime]) => [name, basename(runtime?.path ?? runtime?.runtimeType ?? name)] as const,
    )
    return { kind: 'docker', ...common, runtimes: new Map(programs), defaultRuntime: info.DefaultRuntime }
  }
  const runtime = basename(podman.ociRuntime.name)
  return { kind: 'podman', ...common, runtimes: new Map([[runtime, runtime]]), defaultRuntime: runtime }
}

function heldLimits(info: z.infer<typeof infoSchema>, rootless: boolean): readonly LimitKind[] {
  // On cgroup v1 nobody but root can hold anything, and a rootless engine says that it can all the same.
  if (rootless && info.CgroupVersion === '1') return []
  const limits: LimitKind[] = []
  if (info.CpuCfsQuota) limits.push('cpus')
  if (info.MemoryLimit) limits.push('memory')
  if (info.PidsLimit) limits.push('pids')
  if (storageHasQuotas(info)) limits.push('disk')
  return limits
}

/** Whether a writable layer may be given a size. XFS must be mounted with pquota too, which only the attempt shows. */
function storageHasQuotas(info: z.infer<typeof infoSchema>): boolean {
  if (['btrfs', 'zfs'].includes(info.Driver)) return true
  const backing = info.DriverStatus?.find(([name]) => name === 'Backing Filesystem')?.[1]
  return ['overlay2', 'overlay'].includes(info.Driver) && backing === 'xfs'
}
