import { freshId, mib } from '@caisson/core'
import { raise, read, systemCall, write } from './option-programs.ts'
import type { Settings } from './run-container.ts'
import {
  host,
  tmpfs,
  volumeOption,
  withMount,
  withoutSecurity,
  withoutUlimit,
  withoutVolume,
} from './without-option.ts'

/** One option of the container, which is the first word of its name: what a program sees with it, and what it sees when the option is taken away. */
interface OptionRow {
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

/** A file in the shared memory of the machine. */
export const canary = freshId('canary')

export const optionRows: readonly OptionRow[] = [
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
    off: host({ CgroupnsMode: 'host' } as Partial<Settings['HostConfig']>),
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
  ...(['docker', 'podman'] as const).flatMap((only): OptionRow[] => [
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
