import { createClient } from '@caisson/client'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { exitCodes } from '../src/exit-codes.ts'
import { commandLine } from './support/command-line.ts'
import { someMachine, type SomeMachine } from './support/some-machine.ts'

beforeEach(() => {
  for (const name of ['CAISSON_URL', 'CAISSON_PORT', 'DOCKER_HOST', 'CAISSON_PODMAN_HOST', 'E2B_API_KEY']) {
    vi.stubEnv(name, '')
  }
})
afterEach(() => void vi.unstubAllEnvs())

const health = { checkedAtMs: 1, latencyMs: 1 }
const adapter = (name: string, status: 'healthy' | 'unavailable') => ({
  name,
  capabilities: { isolation: 'container' },
  health: status === 'healthy' ? { status, ...health } : { status, ...health, reason: 'no runtime', remedy: 'mend it' },
})

function service(...adapters: ReturnType<typeof adapter>[]) {
  const status = { version: '1', replica: 'r', startedAtMs: Date.now(), database: 'embedded', hostFunctions: [] }
  return {
    status: async () => status,
    whoami: async () => ({ organization: 'acme', role: 'admin', keyName: 'k', keyPrefix: 'c_' }),
    policy: async () => ({ name: 'default', version: '1', hash: 'h', text: '' }),
    adapters: async () => adapters,
  }
}

async function doctor(machine: SomeMachine, words: readonly string[] = [], parts: object = {}) {
  return await commandLine(['doctor', ...words], parts, { machine: someMachine(machine) })
}

it('finds nothing wrong with a machine that has everything, and needs no service for that', async () => {
  const { exitCode, out } = await doctor({})
  expect(exitCode).toBe(exitCodes.ok)
  expect(out).not.toContain('✗')
  expect(out).toContain('! service: none runs here\n      npm start')
  expect(out).toContain('✓ crun: 1.8.1')
  expect(out).toContain('✓ runsc: 0.0~20240729.0, systrap works, ptrace works')
  expect(out).toContain('✓ control groups: version 1')
  expect(out).toContain('✓ port 7718: free')
  expect(out).toContain('E2B_API_KEY from https://e2b.dev/dashboard?tab=keys, and e2b in CAISSON_ADAPTERS')
})

it.each<[string, SomeMachine, string, string]>([
  [
    'no runtime',
    { programs: { crun: undefined, runc: undefined } },
    'crun or runc',
    'sh infra/provision/crun.sh install',
  ],
  ['no user namespaces', { files: { '/proc/sys/user/max_user_namespaces': '0' } }, 'user namespaces', 'sysctl -w user'],
  ['no overlay', { files: { '/proc/filesystems': 'nodev\tproc\n' } }, 'overlay', 'sudo modprobe overlay'],
  [
    'no seccomp',
    { files: { '/proc/sys/kernel/seccomp/actions_avail': undefined } },
    'seccomp',
    'CONFIG_SECCOMP_FILTER',
  ],
  ['no loop devices', { files: { '/dev/loop-control': undefined } }, 'loop devices', 'sudo modprobe loop'],
  [
    'no helpers',
    { programs: { 'tini-static': undefined } },
    'helpers',
    'apt-get install -y --no-install-recommends tini',
  ],
  ['no control groups', { files: { '/proc/self/mountinfo': '' } }, 'control groups', 'unified_cgroup_hierarchy=1'],
  ['closed control groups', { canMakeFolder: false }, 'control groups', 'writable /sys/fs/cgroup'],
  ['a full disk', { freeBytes: 1024 }, 'state of the service', 'CAISSON_STATE_DIR'],
  ['no subordinate ids', { uid: 1000, programs: { newuidmap: '' } }, 'user ids', 'usermod --add-subuids'],
])('fails for %s, and names the command that mends it', async (_why, machine, what, remedy) => {
  const { exitCode, out } = await doctor(machine)
  expect(exitCode).toBe(exitCodes.unavailable)
  const lines = out.split('\n')
  const at = lines.findIndex((line) => line.startsWith(`  ✗ ${what}: `))
  expect(lines[at + 1]).toContain(remedy)
})

it.each<[string, SomeMachine, string, string]>([
  ['no gVisor', { programs: { runsc: undefined } }, 'runsc', 'sh infra/provision/runsc.sh install'],
  ['gVisor that is too old', { programs: { runsc: 'runsc version 0.0~20221219.0' } }, 'runsc', 'runsc.sh install'],
  ['gVisor that runs nothing', { failing: ['--platform='] }, 'runsc', 'SYS_PTRACE'],
  ['runc alone', { programs: { crun: undefined } }, 'crun', 'crun.sh install'],
  ['no pandas', { failing: ['import pandas'] }, 'Python', 'python-data.sh install'],
  ['no pdftotext', { programs: { pdftotext: undefined } }, 'pdftotext', 'document-tools.sh install'],
  ['no buildah', { programs: { buildah: undefined } }, 'builder', 'sh infra/provision/buildah.sh install'],
  ['no engine', {}, 'docker', 'sh infra/provision/docker.sh start'],
  ['an engine that does not answer', { files: { '/var/run/docker.sock': '' } }, 'docker', 'docker.sh start'],
  ['a taken port', { listening: [7718], answers: {} }, 'port 7718', 'CAISSON_PORT=7719 npm start'],
])('goes on with %s, and names the command that mends it', async (_why, machine, what, remedy) => {
  const { exitCode, out } = await doctor(machine, [], service(adapter('local', 'healthy')))
  expect(exitCode).toBe(exitCodes.ok)
  const lines = out.split('\n')
  const at = lines.findIndex((line) => line.startsWith(`  ! ${what}: `))
  expect(lines[at + 1]).toContain(remedy)
})

it('says which platform of gVisor works', async () => {
  expect((await doctor({ failing: ['--platform=systrap'] })).out).toContain('systrap does not work, ptrace works')
})

it('reads version 2 of control groups, and names the controllers that are not delegated', async () => {
  const mountinfo = '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw'
  const unified = (controllers: string) => ({
    files: { '/proc/self/mountinfo': mountinfo, '/sys/fs/cgroup/cgroup.controllers': controllers },
  })
  expect((await doctor(unified('cpuset cpu io memory pids\n'))).out).toContain('✓ control groups: version 2')
  expect((await doctor(unified('cpuset cpu io\n'))).out).toContain('(missing: memory, pids)')
})

it('tells engines with their versions', async () => {
  const answer = JSON.stringify({ Version: '20.10.24', ApiVersion: '1.41' })
  const { out } = await doctor({
    files: { '/var/run/docker.sock': '' },
    answers: { '/var/run/docker.sock/version': answer },
  })
  expect(out).toContain('✓ docker: 20.10.24 (API 1.41) at /var/run/docker.sock')
})

it('asks an engine elsewhere, and takes no address for good that is none', async () => {
  vi.stubEnv('DOCKER_HOST', 'tcp://engine.example:2376')
  vi.stubEnv('CAISSON_PODMAN_HOST', 'podman.example')
  const answer = JSON.stringify({ Version: '28.0.1', ApiVersion: '1.48' })
  const well = await doctor({ answers: { 'engine.example2376/version': answer } })
  expect(well.out).toContain('✓ docker: 28.0.1 (API 1.48) at tcp://engine.example:2376')
  const away = await doctor({})
  expect(away.out).toMatch(/! docker: no engine answers at tcp:\/\/engine\.example:2376\n +.*DOCKER_CERT_PATH/)
  expect(away.out).toMatch(/! podman: podman\.example is no address of an engine\n +set CAISSON_PODMAN_HOST to unix:/)
})

it('looks at a service that was named, and fails when it does not answer', async () => {
  const well = await doctor({}, ['--url', 'http://caisson:7718'], service(adapter('local', 'healthy')))
  expect(well).toMatchObject({ exitCode: exitCodes.ok, out: expect.stringContaining('✓ key: k, admin of acme') })
  const nobody = createClient({ url: 'http://127.0.0.1:9', apiKey: 'k' })
  const away = await doctor({}, ['--url', 'http://127.0.0.1:9'], nobody)
  expect(away).toMatchObject({ exitCode: exitCodes.unavailable, out: expect.stringContaining('✗ service: ') })
})

it('fails when no adapter of the service works, and not when another one does', async () => {
  const named = ['--url', 'http://caisson:7718']
  const sick = await doctor({}, named, service(adapter('local', 'unavailable')))
  expect(sick.exitCode).toBe(exitCodes.unavailable)
  expect(sick.out).toMatch(/✗ adapter local: .*no runtime\n {6}mend it/)
  const covered = await doctor({}, named, service(adapter('docker', 'unavailable'), adapter('local', 'healthy')))
  expect(covered.exitCode).toBe(exitCodes.ok)
  expect(covered.out).toContain('! adapter docker: ')
})

it('lets a service elsewhere do what this machine cannot', async () => {
  const machine: SomeMachine = { platform: 'darwin', freeBytes: 1024 }
  const named = ['--url', 'http://caisson:7718']
  expect((await doctor(machine, named, service(adapter('e2b', 'healthy')))).exitCode).toBe(exitCodes.ok)
})

it('tells programs the same as people, and never a key', async () => {
  vi.stubEnv('E2B_API_KEY', 'e2b_0123456789abcdef')
  const { out } = await doctor({ programs: { crun: undefined, runc: undefined } }, ['--json'])
  expect(JSON.parse(out)).toEqual(
    expect.arrayContaining([
      {
        area: 'runtimes',
        what: 'crun or runc',
        state: 'bad',
        detail: expect.any(String),
        remedy: 'sh infra/provision/crun.sh install',
      },
      { area: 'keys', what: 'E2B', state: 'good', detail: expect.stringContaining('in E2B_API_KEY') },
    ]),
  )
  expect(out).not.toContain('0123456789abcdef')
})
