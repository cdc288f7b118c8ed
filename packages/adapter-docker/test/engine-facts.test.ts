import { expect, test } from 'vitest'
import { readFacts } from '../src/engine-facts.ts'

// As Docker 20.10.24 and Podman 4.3.1 answered on 2026-11-21, cut to what is read.
const dockerVersion = { Version: '20.10.24+dfsg1', Components: [{ Name: 'Engine' }, { Name: 'containerd' }] }
const dockerInfo = {
  OSType: 'linux',
  Architecture: 'x86_64',
  Driver: 'overlay2',
  DriverStatus: [['Backing Filesystem', 'extfs']],
  DefaultRuntime: 'runc',
  Runtimes: {
    runc: { path: 'runc' },
    runsc: { path: '/usr/bin/runsc' },
    kata: { runtimeType: 'io.containerd.kata.v2' },
  },
  SecurityOptions: ['name=seccomp,profile=default'],
  CgroupVersion: '1',
  MemoryLimit: true,
  PidsLimit: true,
  CpuCfsQuota: true,
}
const podmanVersion = { Version: '4.3.1', Components: [{ Name: 'Podman Engine' }, { Name: 'Conmon' }] }
const podmanInfo = { ...dockerInfo, Architecture: 'amd64', Runtimes: { crun: {}, kata: {}, runc: {}, runsc: {} } }
const podmanOwn = { host: { ociRuntime: { name: '/usr/sbin/runc' }, security: { rootless: false } } }
const rootlessOwn = { host: { ...podmanOwn.host, security: { rootless: true } } }

test('Docker: its runtimes are the programs that it names', () => {
  const facts = readFacts('docker', { version: dockerVersion, info: dockerInfo })
  expect(facts).toMatchObject({ kind: 'docker', rootless: false, seccomp: true, limits: ['cpus', 'memory', 'pids'] })
  expect(Object.fromEntries(facts.runtimes)).toEqual({ runc: 'runc', runsc: 'runsc', kata: 'io.containerd.kata.v2' })
})

test('Podman has the one runtime of its service, whatever it says to know', () => {
  const facts = readFacts('podman', { version: podmanVersion, info: podmanInfo, podmanInfo: podmanOwn })
  expect(facts.kind).toBe('podman')
  expect([...facts.runtimes.keys()]).toEqual(['runc'])
})

test('rootless on cgroup v1 holds nothing, also where it says otherwise', () => {
  // Podman 4.3 names no security option for it.
  const facts = readFacts('podman', { version: podmanVersion, info: podmanInfo, podmanInfo: rootlessOwn })
  expect(facts).toMatchObject({ rootless: true, limits: [] })
  const docker = { ...dockerInfo, SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'] }
  expect(readFacts('docker', { version: dockerVersion, info: docker })).toMatchObject({ rootless: true, limits: [] })
  const v2 = readFacts('podman', {
    version: podmanVersion,
    info: { ...podmanInfo, CgroupVersion: '2' },
    podmanInfo: rootlessOwn,
  })
  expect(v2.limits).toEqual(['cpus', 'memory', 'pids'])
})

test.each([
  ['overlay2', 'extfs', false],
  ['overlay2', 'xfs', true],
  ['btrfs', '', true],
  ['zfs', '', true],
  ['vfs', 'xfs', false],
])('storage %s on %s can hold a size: %s', (driver, backing, held) => {
  const info = { ...dockerInfo, Driver: driver, DriverStatus: [['Backing Filesystem', backing]] }
  expect(readFacts('docker', { version: dockerVersion, info }).limits.includes('disk')).toBe(held)
})

test('an engine of another machine than ours is refused', () => {
  const arm = { ...dockerInfo, Architecture: 'aarch64' }
  expect(() => readFacts('docker', { version: dockerVersion, info: arm })).toThrow(
    expect.objectContaining({ code: 'unsupported' }),
  )
})
