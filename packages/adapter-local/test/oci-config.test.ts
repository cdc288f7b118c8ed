import { type Resources, type ResolvedSandboxSpec, sandboxSpecSchema, type SandboxSpec } from '@caisson/core'
import { describe, expect, it } from 'vitest'
import { type OciConfig, ociConfig } from '../src/oci/config.ts'
import type { SandboxPlace } from '../src/oci/place.ts'

const place: SandboxPlace = {
  id: 'sb1',
  idBase: 1_900_000_000,
  idCount: 65_536,
  rootfs: '/stage/root',
  hostUsr: true,
  daemonDirectory: '/stage/daemon',
  init: '/usr/bin/tini-static',
  runDirectory: '/stage/run',
  sudo: false,
  volumes: [],
  memoryView: { source: '/cgroup/memory/own', destination: '/sys/fs/cgroup/memory' },
}

function configFor(spec: SandboxSpec = {}, other: Partial<SandboxPlace> = {}): OciConfig {
  return ociConfig(sandboxSpecSchema.parse(spec), { ...place, ...other })
}

function mountAt(config: OciConfig, destination: string): OciConfig['mounts'][number] {
  const found = config.mounts.find((mount) => mount.destination === destination)
  if (found === undefined) throw new Error(`nothing is mounted at ${destination}`)
  return found
}

/** What the filter answers, for calls that it decides by name alone. */
function verdictOn(config: OciConfig, name: string): string {
  const { seccomp } = config.linux
  const rule = seccomp?.syscalls.find((entry) => entry.names.includes(name) && entry.args === undefined)
  return rule === undefined
    ? `errno ${seccomp?.defaultErrnoRet}`
    : rule.action === 'SCMP_ACT_ALLOW'
      ? 'allowed'
      : `errno ${rule.errnoRet}`
}

describe('the OCI configuration', () => {
  it('lets programs gain rights only where that is asked for', () => {
    expect(configFor().process).toMatchObject({ noNewPrivileges: true, capabilities: { ambient: [], inheritable: [] } })
    expect(configFor().process.capabilities.bounding).toEqual(['CAP_KILL', 'CAP_SETGID', 'CAP_SETUID'])
    const { process, linux } = configFor({}, { sudo: true })
    expect(process.noNewPrivileges).toBe(false)
    expect(process.capabilities.effective).toEqual(['CAP_KILL', 'CAP_SETGID', 'CAP_SETUID'])
    for (const name of [
      'SYS_ADMIN',
      'SYS_PTRACE',
      'SYS_RESOURCE',
      'MKNOD',
      'NET_ADMIN',
      'NET_RAW',
      'SYS_CHROOT',
      'SYS_TIME',
    ]) {
      expect(process.capabilities.bounding).not.toContain(`CAP_${name}`)
    }
    expect(linux).toEqual(configFor().linux)
  })

  it('shows volumes where they are wanted, without devices and rights', () => {
    const volume = { source: '/stage/volumes/0', path: '/data' }
    const optionsOf = (readOnly: boolean) =>
      mountAt(configFor({}, { volumes: [{ ...volume, readOnly }] }), '/data').options
    expect(optionsOf(false)).toEqual(['rbind', 'nosuid', 'nodev', 'rw'])
    expect(optionsOf(true)).toEqual(['rbind', 'nosuid', 'nodev', 'ro'])
  })

  it('is the same for the same spec and place', () => {
    expect(configFor()).toEqual(configFor())
  })

  it('takes every namespace that there is', () => {
    const types = configFor().linux.namespaces.map(({ type }) => type)
    expect(types.sort()).toEqual(['cgroup', 'ipc', 'mount', 'network', 'pid', 'user', 'uts'])
  })

  it('maps all ids, and never the root of the host', () => {
    const { uidMappings, gidMappings } = configFor().linux
    expect(uidMappings).toEqual([{ containerID: 0, hostID: 1_900_000_000, size: 65_536 }])
    expect(gidMappings).toEqual(uidMappings)
  })

  it('gives the daemon what it needs to start and end code, and no way to get more', () => {
    const { capabilities, noNewPrivileges } = configFor().process
    const daemon = ['CAP_KILL', 'CAP_SETGID', 'CAP_SETUID']
    expect(capabilities).toEqual({
      bounding: daemon,
      effective: daemon,
      permitted: daemon,
      inheritable: [],
      ambient: [],
    })
    expect(noNewPrivileges).toBe(true)
  })

  it.each([
    'mount',
    'unshare',
    'setns',
    'bpf',
    'ptrace',
    'keyctl',
    'perf_event_open',
    'open_by_handle_at',
    'kexec_load',
    'chroot',
  ])('refuses %s politely', (name) => expect(verdictOn(configFor(), name)).toBe('errno 1'))

  it.each([
    'io_uring_setup',
    'io_setup',
    'vmsplice',
    'modify_ldt',
    'uselib',
    'clone3',
    'memfd_secret',
    'call_of_the_future',
  ])('makes as if the kernel had no %s', (name) => expect(verdictOn(configFor(), name)).toBe('errno 38'))

  it.each(['read', 'execve', 'futex', 'statx', 'setresuid'])('allows %s', (name) =>
    expect(verdictOn(configFor(), name)).toBe('allowed'),
  )

  it('knows one table of system calls only', () => {
    expect(configFor().linux.seccomp?.architectures).toEqual(['SCMP_ARCH_X86_64'])
  })

  it('lets clone make threads and processes, and no namespaces', () => {
    const rule = configFor().linux.seccomp?.syscalls.find((entry) => entry.names.includes('clone'))
    const namespaces = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
    expect(rule).toEqual({
      names: ['clone'],
      action: 'SCMP_ACT_ALLOW',
      args: [{ index: 0, value: namespaces, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
    })
  })

  it('decides about every family of sockets, and allows four', () => {
    const rules = configFor().linux.seccomp?.syscalls.filter((entry) => entry.names.includes('socket')) ?? []
    const byFamily = (family: number) =>
      rules.filter(({ args }) =>
        args?.some(({ index, op, value }) => index === 0 && op === 'SCMP_CMP_EQ' && value === family),
      )
    const allowed = Array.from({ length: 17 }, (_, family) => family).filter((family) =>
      byFamily(family).some(({ action }) => action === 'SCMP_ACT_ALLOW'),
    )
    expect(allowed).toEqual([1, 2, 10, 16])
    expect(Array.from({ length: 17 }, (_, family) => byFamily(family).length).every((count) => count > 0)).toBe(true)
    expect(rules.some(({ args }) => args?.some(({ op, value }) => op === 'SCMP_CMP_GT' && value === 16))).toBe(true)
  })

  it('mounts nothing of the host for writing except the socket directory, and nothing with devices or set-id', () => {
    for (const { type, destination, options } of configFor().mounts) {
      if (type === 'bind') {
        expect(options, destination).toEqual(expect.arrayContaining(['nosuid', 'nodev']))
        expect(options.includes('ro'), destination).toBe(destination !== '/run/caisson')
      }
      if (type === 'tmpfs') expect(options, destination).toContain('nosuid')
    }
  })

  it('bounds every file system in memory by size and by number of files', () => {
    const inMemory = configFor().mounts.filter(({ type }) => type === 'tmpfs')
    expect(inMemory.map(({ destination }) => destination)).toEqual(['/dev', '/dev/shm', '/run', '/tmp'])
    for (const { destination, options } of inMemory) {
      expect(
        options.some((option) => /^size=[1-9]/.test(option)),
        destination,
      ).toBe(true)
      expect(
        options.some((option) => /^nr_inodes=[1-9]/.test(option)),
        destination,
      ).toBe(true)
    }
  })

  it('keeps programs out of /run and /dev/shm', () => {
    for (const destination of ['/run', '/dev/shm', '/dev', '/proc']) {
      expect(mountAt(configFor(), destination).options).toContain('noexec')
    }
  })

  it('takes a few terminals of the many that the host has', () => {
    expect(mountAt(configFor(), '/dev/pts').options).toEqual(expect.arrayContaining(['newinstance', 'max=64']))
  })

  it('shows the host as little as it can', () => {
    const { maskedPaths, readonlyPaths } = configFor().linux
    for (const path of [
      '/proc/kcore',
      '/proc/keys',
      '/proc/sysrq-trigger',
      '/proc/kallsyms',
      '/proc/cmdline',
      '/proc/interrupts',
    ]) {
      expect(maskedPaths).toContain(path)
    }
    expect(readonlyPaths).toContain('/proc/sys')
    expect(configFor().mounts.some(({ destination }) => destination === '/sys')).toBe(false)
  })

  it('limits what one process may take', () => {
    const limits = new Map(configFor().process.rlimits.map(({ type, hard, soft }) => [type, [soft, hard]]))
    expect(limits.get('RLIMIT_CORE')).toEqual([0, 0])
    expect(limits.get('RLIMIT_NOFILE')).toEqual([4096, 4096])
    expect(limits.get('RLIMIT_MSGQUEUE')).toEqual([0, 0])
    expect(limits.get('RLIMIT_MEMLOCK')).toEqual([65_536, 65_536])
  })

  it('counts processes by user, so that the code cannot use up what the daemon needs', () => {
    const { rlimits } = configFor({ resources: { pids: 77 } }).process
    expect(rlimits).toContainEqual({ type: 'RLIMIT_NPROC', hard: 77, soft: 77 })
  })

  it('gives half of the memory to /tmp', () => {
    const tmp = mountAt(configFor({ resources: { memoryBytes: 100 * 1024 * 1024 } }), '/tmp')
    expect(tmp.options).toContain(`size=${50 * 1024 * 1024}`)
  })

  it('opens the way to the gateway only for a policy that allows something to be asked for', () => {
    expect(configFor().mounts.some(({ destination }) => destination === '/run/caisson-egress')).toBe(false)
    const egress = mountAt(configFor({}, { egressDirectory: '/stage/egress' }), '/run/caisson-egress')
    expect(egress.options).toEqual(expect.arrayContaining(['ro', 'noexec']))
  })

  it('carries nothing of the spec that is secret', () => {
    const spec: ResolvedSandboxSpec = sandboxSpecSchema.parse({ env: { TOKEN: 'canary-in-env' } })
    expect(JSON.stringify(ociConfig(spec, place))).not.toContain('canary-in-env')
  })

  it('shows the programs of the host only to the template that asks for them', () => {
    expect(mountAt(configFor(), '/usr').options).toContain('ro')
    expect(configFor({}, { hostUsr: false }).mounts.some(({ destination }) => destination === '/usr')).toBe(false)
  })

  it('leaves to the control group what only that can hold', () => {
    const resources: Partial<Resources> = { cpus: 2 }
    expect(configFor({ resources })).toEqual(configFor())
  })
})
