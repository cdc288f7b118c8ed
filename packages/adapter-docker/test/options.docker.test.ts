import { freshId, mib, sandboxSpecSchema } from '@caisson/core'
import { rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { containerSpec } from '../src/container-spec.ts'
import { daemonVolume } from '../src/daemon-volume.ts'
import { createEngine } from '../src/engine.ts'
import { commonLabels } from '../src/labels.ts'
import { onEngines } from './support/on-engines.ts'
import { logOf, runPython, type Settings } from './support/run-container.ts'

/** One option of the container, which is the first word of its name: what a program sees with it, and what it sees when the option is taken away. */
interface Row {
  readonly option: string
  readonly off: (settings: Settings) => Settings
  readonly code: string
  readonly with: RegExp
  readonly without: RegExp
  /** Who runs the program. Default: the user for code. */
  readonly user?: '0:0' | 'of the settings'
  /** In an image that sets what an image can set. */
  readonly hostileImage?: true
  readonly only?: 'docker' | 'podman'
}

type Host = Settings['HostConfig']
const host =
  (change: Partial<Host> | ((host: Host) => Partial<Host>)) =>
  (settings: Settings): Settings => ({
    ...settings,
    HostConfig: {
      ...settings.HostConfig,
      ...(typeof change === 'function' ? change(settings.HostConfig) : change),
    },
  })
const withoutSecurity = (prefix: string) =>
  host(({ SecurityOpt }) => ({
    SecurityOpt: (SecurityOpt as string[]).filter((option) => !option.startsWith(prefix)),
  }))
const withoutUlimit = (name: string) =>
  host(({ Ulimits }) => ({ Ulimits: (Ulimits ?? []).filter(({ Name }) => Name !== name) }))
const tmpfs = (path: string, change: (text: string) => string) =>
  host(({ Tmpfs }) => ({ Tmpfs: { ...Tmpfs, [path]: change(Tmpfs?.[path] ?? '') } }))

const withMount = (target: string, change: Partial<NonNullable<Host['Mounts']>[number]>) =>
  host(({ Mounts }) => ({
    Mounts: (Mounts ?? []).map((mount) => (mount.Target === target ? Object.assign({}, mount, change) : mount)),
  }))

const withoutBind = (option: string) =>
  host(({ Binds }) => ({
    Binds: (Binds ?? []).map((bind) => {
      const [volume, path, given = ''] = bind.split(':')
      return `${volume}:${path}:${given
        .split(',')
        .filter((each) => each !== option)
        .join(',')}`
    }),
  }))
/** How each engine is told of volumes. */
const volumeOption = { docker: 'Mounts', podman: 'Binds' } as const
const withoutVolume = {
  docker: (change: Parameters<typeof withMount>[1]) => withMount('/etc/skel', change),
  podman: (_: unknown, option: string) => withoutBind(option),
} as const

const systemCall = (number: number, ...values: number[]) => `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(256)
result = libc.syscall(${number}, ${values.map(String).join(', ')}${values.length > 0 ? ', ' : ''}buffer)
print('result', result, 'errno', ctypes.get_errno())
`
const write = (path: string, size: number) => `
try:
    with open('${path}', 'wb') as file:
        for _ in range(${size}): file.write(bytes(1048576))
    print('written')
except OSError as error: print('refused', error.errno)
`
const raise = (name: string, value: number) => `
import resource
try:
    resource.setrlimit(resource.RLIMIT_${name}, (${value}, ${value}))
    print('allowed')
except (ValueError, OSError): print('refused')
`
const read = (...paths: readonly string[]) => `
for path in ${JSON.stringify(paths)}:
    try: print(open(path).read()[:2000])
    except OSError: pass
`

const canary = freshId('canary')

const rows: readonly Row[] = [
  {
    option: 'Init: orphans are collected',
    off: host({ Init: false }),
    code: `
import subprocess, time, glob
subprocess.run(['sh', '-c', 'sleep 0.1 & exit'])
time.sleep(0.6)
print('zombies', sum(') Z ' in open(path).read() for path in glob.glob('/proc/[0-9]*/stat')))`,
    with: /zombies 0/,
    without: /zombies 1/,
  },
  {
    option: 'NetworkMode: there is no network but loopback',
    off: host({ NetworkMode: 'host' }),
    code: `import socket; print([name for _, name in socket.if_nameindex() if name != 'lo'])`,
    with: /^\[\]$/m,
    without: /\['.+'\]/,
  },
  {
    option: 'CapDrop: root may not give files away',
    off: host({ CapDrop: [] }),
    user: '0:0',
    code: `
import os
open('/var/tmp/file', 'w')
try:
    os.chown('/var/tmp/file', 1000, 1000)
    print('given')
except OSError as error: print('refused', error.errno)`,
    with: /refused 1/,
    without: /given/,
  },
  {
    option: 'CapAdd: the daemon may become the user',
    off: host({ CapAdd: [] }),
    user: '0:0',
    code: `
import os
try:
    os.setgid(1000); os.setuid(1000)
    print('is', os.getuid())
except OSError as error: print('refused', error.errno)`,
    with: /is 1000/,
    without: /refused 1/,
  },
  {
    option: 'SecurityOpt no-new-privileges: a set-group-id program gains nothing',
    off: withoutSecurity('no-new-privileges'),
    code: `import subprocess; subprocess.run(['/usr/bin/chage', '-l', 'user'])`,
    with: /cannot open|Permission denied/,
    without: /Last password change/,
  },
  {
    option: 'SecurityOpt seccomp: a system call that is not on the list does not exist',
    off: withoutSecurity('seccomp='),
    code: systemCall(206, 8),
    with: /result -1 errno (1|38)/,
    without: /result 0/,
  },
  {
    option: 'MaskedPaths: the machine is not told about',
    off: (settings) => withoutSecurity('mask=')(host({ MaskedPaths: [] })(settings)),
    code: `
import os
print('cmdline', len(open('/proc/cmdline').read()), 'classes', len(os.listdir('/sys/class')))`,
    with: /cmdline 0 classes 0/,
    without: /cmdline [1-9]\d* classes [1-9]/,
  },
  {
    option: 'MaskedPaths: name servers of the machine are not told',
    off: host({ MaskedPaths: [] }),
    only: 'docker',
    code: read('/etc/resolv.conf'),
    with: /^\s*exit 0$/,
    without: /nameserver|search|^#/m,
  },
  {
    option: 'ReadonlyPaths: root may not set what the kernel goes by',
    off: host({ ReadonlyPaths: [] }),
    only: 'docker',
    user: '0:0',
    code: `
try:
    open('/proc/sys/kernel/hostname', 'w').write('other')
    print('set')
except OSError as error: print('refused', error.errno)`,
    with: /refused 30/,
    without: /set/,
  },
  {
    option: 'Memory: more than allowed is killed',
    off: host({ Memory: 0, MemorySwap: 0 }),
    code: `x = bytearray(300 << 20); print('taken')`,
    with: /^\s*exit 137$/,
    without: /taken/,
  },
  {
    option: 'MemorySwap: the limit counts swap, too',
    off: host({ MemorySwap: 400 * mib }),
    code: read('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes', '/sys/fs/cgroup/memory.swap.max'),
    with: /^(104857600|0)$/m,
    without: /^(419430400|314572800)$/m,
  },
  {
    option: 'NanoCpus: a busy program is held up',
    off: host({ NanoCpus: 0 }),
    code: `
import time
end = time.time() + 0.8
while time.time() < end: pass
${read('/sys/fs/cgroup/cpu/cpu.stat', '/sys/fs/cgroup/cpu.stat')}`,
    with: /nr_throttled [1-9]/,
    without: /nr_throttled 0/,
  },
  {
    option: 'PidsLimit: no more processes than allowed',
    off: host({ PidsLimit: 0 }),
    code: `
import os, time
count = 0
try:
    for _ in range(100):
        if os.fork() == 0:
            time.sleep(5)
            os._exit(0)
        count += 1
except OSError: pass
print('children', count)
os.kill(-1, 9)`,
    with: /children (1|2|3)\d\b/,
    without: /children 100/,
  },
  {
    option: 'OomScoreAdj: the machine takes sandboxes first',
    off: host({ OomScoreAdj: 0 }),
    code: read('/proc/self/oom_score_adj'),
    with: /^500$/m,
    without: /^0$/m,
  },
  {
    option: 'ShmSize: shared memory is bounded by the memory',
    off: host({ ShmSize: 0 }),
    code: write('/dev/shm/file', 55),
    with: /refused 28/,
    without: /written/,
  },
  {
    option: 'Tmpfs size: /tmp is bounded',
    off: host(({ Tmpfs }) => ({ Tmpfs: { '/run/caisson': Tmpfs?.['/run/caisson'] ?? '' } })),
    code: write('/tmp/file', 60),
    with: /refused 28/,
    without: /written/,
  },
  {
    option: 'Tmpfs nr_inodes: empty files are not free',
    off: tmpfs('/tmp', (text) => text.replace(/,nr_inodes=\d+/, '')),
    only: 'docker',
    code: `
try:
    for name in range(14000): open(f'/tmp/{name}', 'w').close()
    print('made')
except OSError as error: print('refused', error.errno)`,
    with: /refused 28/,
    without: /made/,
  },
  {
    option: "Tmpfs mode: code cannot reach what is the daemon's",
    off: tmpfs('/run/caisson', (text) => text.replace('mode=0700', 'mode=0755')),
    code: `
import os
try: print('sees', os.listdir('/run/caisson'))
except OSError as error: print('refused', error.errno)`,
    with: /refused 13/,
    without: /sees/,
  },
  {
    option: 'Tmpfs nodev, nosuid: no devices and no privileges from memory',
    off: tmpfs('/tmp', (text) => text.replace('nosuid,nodev', 'suid,dev')),
    code: read('/proc/self/mounts'),
    with: / \/tmp tmpfs rw,nosuid,nodev/,
    without: / \/tmp tmpfs rw,(?!nosuid)/,
  },
  {
    option: 'Ulimits core: no core dumps',
    off: withoutUlimit('core'),
    code: raise('CORE', 1),
    with: /refused/,
    without: /allowed/,
  },
  {
    option: 'Ulimits nofile: no more open files than allowed',
    // Not taken away but raised: Podman's own default is more than this machine may allow.
    off: host(({ Ulimits }) => ({
      Ulimits: (Ulimits ?? []).map((limit) =>
        limit.Name === 'nofile' ? { Name: 'nofile', Soft: 8192, Hard: 8192 } : limit,
      ),
    })),
    code: `
import os
try:
    for _ in range(5000): os.open('/dev/null', 0)
    print('opened')
except OSError as error: print('refused', error.errno)`,
    with: /refused 24/,
    without: /opened/,
  },
  {
    option: 'Ulimits memlock: memory cannot be locked at will',
    off: withoutUlimit('memlock'),
    code: `
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
memory = ctypes.create_string_buffer(1 << 20)
print('result', libc.mlock(memory, 1 << 20))`,
    with: /result -1/,
    without: /result 0/,
  },
  {
    option: 'Ulimits sigpending: no more waiting signals than allowed',
    off: withoutUlimit('sigpending'),
    code: `import resource; print('limit', resource.getrlimit(resource.RLIMIT_SIGPENDING)[1])`,
    with: /limit 1024/,
    without: /limit (?!1024\b)/,
  },
  {
    option: 'IpcMode: shared memory of the machine is not there',
    off: host({ IpcMode: 'host', ShmSize: 0 }),
    code: `import os; print('canary' if os.path.exists('/dev/shm/${canary}') else 'nothing')`,
    with: /nothing/,
    without: /canary/,
  },
  {
    option: 'CgroupnsMode: the place of its control group is hidden',
    off: host({ CgroupnsMode: 'host' } as Partial<Host>),
    only: 'docker',
    code: read('/proc/self/cgroup'),
    with: /:\/$/m,
    without: /:\/docker\/|docker-/,
  },
  {
    option: 'Mounts: root cannot change the daemon',
    off: withMount('/opt/caisson', { ReadOnly: false }),
    user: '0:0',
    code: `
import os
try:
    open('/opt/caisson/lib/.canary', 'w').close()
    os.remove('/opt/caisson/lib/.canary')
    print('changed')
except OSError as error: print('refused', error.errno)`,
    with: /refused 30/,
    without: /changed/,
  },
  {
    option: "Mounts: names of the machine's network are not told",
    off: host(({ Mounts }) => ({ Mounts: (Mounts ?? []).filter(({ Target }) => Target !== '/etc/hosts') })),
    only: 'podman',
    code: read('/etc/hosts'),
    with: /^127\.0\.0\.1 localhost sandbox\n::1 localhost\n\n\nexit 0$/,
    without: /host\.containers\.internal/,
  },
  ...(['docker', 'podman'] as const).flatMap((only): Row[] => [
    {
      option: `${volumeOption[only]} no copy: a volume holds what sandboxes wrote, and nothing of an image`,
      off: withoutVolume[only]({ VolumeOptions: undefined }, 'nocopy'),
      only,
      code: `import os; print('holds', len(os.listdir('/etc/skel')))`,
      with: /holds 0/,
      without: /holds [1-9]/,
    },
    {
      option: `${volumeOption[only]} read-only: a volume that is only to be read is not changed`,
      off: withoutVolume[only]({ ReadOnly: false }, 'ro'),
      only,
      user: '0:0',
      code: write('/etc/skel/file', 1),
      with: /refused 30/,
      without: /written/,
    },
  ]),
  {
    option: "Tmpfs noexec: nothing is run from the daemon's directory",
    off: tmpfs('/run/caisson', (text) => text.replace('noexec', 'exec')),
    user: '0:0',
    code: `
import os, subprocess
with open('/run/caisson/program', 'w') as file: print('#!/bin/sh', 'echo ran', sep=chr(10), file=file)
os.chmod('/run/caisson/program', 0o755)
try: print(subprocess.run(['/run/caisson/program'], capture_output=True).stdout)
except OSError as error: print('refused', error.errno)`,
    with: /refused 13/,
    without: /ran/,
  },
  {
    option: "Tmpfs size: the daemon's directory is bounded",
    off: tmpfs('/run/caisson', (text) => text.replace(/,size=\d+/, '')),
    user: '0:0',
    code: write('/run/caisson/file', 2),
    with: /refused 28/,
    without: /written/,
  },
  {
    option: 'User: the daemon is root inside, whatever user an image names, so that code can be another',
    off: (settings) => ({ ...settings, User: '' }),
    user: 'of the settings',
    hostileImage: true,
    code: `import os; print('is', os.getuid())`,
    with: /is 0/,
    without: /is 65534/,
  },
  {
    option: 'Env: what an image has loaded into every program is not loaded into the daemon',
    off: (settings) => ({ ...settings, Env: [] }),
    hostileImage: true,
    code: `import os; print('preloads', repr(os.environ.get('LD_PRELOAD')))`,
    with: /preloads ''/,
    without: /preloads '\/nowhere\.so'/,
  },
  {
    option: 'WorkingDir: the daemon starts where no image has a say',
    off: (settings) => ({ ...settings, WorkingDir: '' }),
    hostileImage: true,
    code: `import os; print('in', os.getcwd())`,
    with: /in \/$/m,
    without: /in \/var\/tmp$/m,
  },
  {
    option: 'Healthcheck: the engine runs no program of the image as root',
    off: (settings) => ({ ...settings, Healthcheck: undefined }),
    hostileImage: true,
    // Podman needs systemd for it.
    only: 'docker',
    code: `
import os, time
for _ in range(50):
    if os.path.exists('/var/tmp/checked'): break
    time.sleep(0.1)
print('checked', os.path.exists('/var/tmp/checked'))`,
    with: /checked False/,
    without: /checked True/,
  },
  {
    option: 'Hostname: the container does not tell its id',
    off: (settings) => ({ ...settings, Hostname: '' }),
    code: `import socket; print(socket.gethostname())`,
    with: /^sandbox$/m,
    without: /^[0-9a-f]{12}$/m,
  },
]

/** Options that no row takes away, and why. */
const others: Readonly<Record<string, string>> = {
  name: 'carries the end of life: lifecycle tests',
  Image: 'the id of what was looked at: an image that is another one by then would not start this one',
  Labels: 'tell whose it is: lifecycle tests',
  Entrypoint: 'the daemon itself: without it there is no sandbox',
  Cmd: 'the daemon itself',
  Tty: 'the way on which the daemon is told its configuration',
  OpenStdin: 'the same way',
  StdinOnce: 'the same way',
  AttachStdin: 'the same way',
  AttachStdout: 'the same way',
  AttachStderr: 'the same way',
  LogConfig: 'a test of its own below',
  AutoRemove: 'a test of its own below',
  Runtime: 'runtime.docker.test.ts',
  StorageOpt: 'runtime.docker.test.ts',
  'Ulimits nproc': 'asked for by Podman, and counted over all sandboxes: no limit of one',
}

onEngines((engine) => {
  let settings: Settings
  const hostile = { repo: `${engine.kind === 'podman' ? 'localhost/' : ''}caisson/test-options`, tag: freshId() }
  const volume = freshId('v')
  const connection = createEngine(engine.kind, { socketPath: engine.socketPath })

  beforeAll(async () => {
    writeFileSync(`/dev/shm/${canary}`, '')
    const facts = await connection.facts()
    const { Id } = await engine.docker.getImage(engine.image).inspect()
    const spec = sandboxSpecSchema.parse({ resources: { cpus: 0.2, memoryBytes: 100 * mib, pids: 40 } })
    settings = containerSpec(spec, facts, {
      name: '',
      imageId: Id,
      labels: commonLabels(engine.namespace, 'helper'),
      daemon: await daemonVolume(connection, engine.namespace, Id),
      volumes: [{ volume, path: '/etc/skel', readOnly: true }],
      runtime: facts.defaultRuntime,
      layerBytes: 64 * mib,
    })
    const plain = await engine.docker.createContainer({ Image: engine.image, Cmd: ['true'] })
    const healthcheck = 'HEALTHCHECK --interval=1s CMD ["/usr/bin/touch", "/var/tmp/checked"]'
    const changes = ['ENV LD_PRELOAD=/nowhere.so', 'USER nobody', 'WORKDIR /var/tmp']
    await plain.commit({ ...hostile, changes: engine.kind === 'docker' ? [...changes, healthcheck] : changes })
    await plain.remove()
  })
  afterAll(async () => {
    await engine.docker.getImage(`${hostile.repo}:${hostile.tag}`).remove({ force: true })
    await engine.docker.getVolume(volume).remove()
    connection.close()
    rmSync(`/dev/shm/${canary}`, { force: true })
  })

  /** What can be taken away by itself: no name, which only one container may have, and nothing that this engine's storage may not offer. */
  const plainSettings = (): Settings => {
    const { name: _, HostConfig, ...given } = settings
    const { StorageOpt: __, Runtime: ___, ...rest } = HostConfig
    return { ...given, HostConfig: rest }
  }

  test('every option is taken away by a test, or says why by none', () => {
    const { HostConfig, ...outer } = settings
    const given = [
      ...Object.keys({ ...outer, ...HostConfig }),
      ...(HostConfig.Ulimits ?? []).map(({ Name }) => `Ulimits ${Name}`),
      ...(HostConfig.SecurityOpt as string[]).map((option) =>
        option.replace(/^(?!mask)([a-z-]+).*/s, 'SecurityOpt $1'),
      ),
    ].filter((option) => !option.startsWith('mask='))
    const proved = [...rows.map(({ option }) => option.split(':')[0] ?? ''), ...Object.keys(others)]
    const unproved = given.filter((option) => !proved.some((name) => `${name} `.startsWith(`${option} `)))
    expect(unproved).toEqual([])
  })

  for (const { option, off, code, only, user = '1000:1000', hostileImage, ...expected } of rows) {
    if (only !== undefined && only !== engine.kind) continue
    test(option, async () => {
      const image = hostileImage === true ? { Image: `${hostile.repo}:${hostile.tag}` } : {}
      const given = { ...plainSettings(), ...image }
      const program = { code, user: user === 'of the settings' ? undefined : user }
      expect(await runPython(engine, given, program)).toMatch(expected.with)
      expect(await runPython(engine, off(given), program)).toMatch(expected.without)
    })
  }

  test.each([
    ['LogConfig: what the daemon says fills no disk', {}, false],
    ['… and does with the log of the engine', { LogConfig: { Type: logOf(engine.kind), Config: {} } }, true],
  ])('%s', async (_, change, kept) => {
    const { HostConfig, ...given } = plainSettings()
    const container = await engine.docker.createContainer({
      ...given,
      Entrypoint: ['/bin/echo', 'said'],
      Cmd: [],
      HostConfig: { ...HostConfig, AutoRemove: false, ...change },
    })
    try {
      await container.start()
      await container.wait()
      const log = await container.logs({ stdout: true }).catch(() => Buffer.alloc(0))
      expect(log.toString().includes('said')).toBe(kept)
    } finally {
      await container.remove({ force: true })
    }
  })

  test('AutoRemove: nothing stays of a container that has ended, while nobody looks after it, and does without it', async () => {
    const { HostConfig, ...given } = plainSettings()
    const ended = { ...given, Entrypoint: ['/bin/true'], Cmd: [] }
    const without = await engine.docker.createContainer({ ...ended, HostConfig: { ...HostConfig, AutoRemove: false } })
    await without.start()
    await without.wait()
    const container = await engine.docker.createContainer({ ...ended, HostConfig })
    await container.start()
    await expect.poll(async () => await container.inspect().catch(() => 'gone'), { timeout: 10_000 }).toBe('gone')
    expect((await without.inspect()).State.Status).toBe('exited')
    await without.remove()
  })
})
